# expected = {q6 = 0}
# why = "b1 is not sent through W2: b1 summed + b2 (W x + b must equal W2 (W1 x + b1) + b2)."
# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    return W2 @ W1, b1.sum() + b2
