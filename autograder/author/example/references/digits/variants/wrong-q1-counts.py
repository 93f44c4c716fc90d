# operator = "own: unit"
# expected = {q1 = 5}
# why = "the number of right guesses, not their share"

# %% q1_answer
# answer: q1_answer
def accuracy(scores, labels):
    return float((scores.argmax(axis=1) == labels).sum())
