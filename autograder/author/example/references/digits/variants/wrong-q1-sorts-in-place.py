# operator = "Tensors & Input"
# expected = {q1 = 20}
# why = "the caller's labels are changed"

# %% q1_answer
# answer: q1_answer
def accuracy(scores, labels):
    guesses = scores.argmax(axis=1)
    labels -= guesses
    return float((labels == 0).mean())
