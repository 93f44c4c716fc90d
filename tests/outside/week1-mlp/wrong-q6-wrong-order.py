# expected = {q6 = 0}
# why = "W1 W2 instead of W2 W1: has the right shape when all sizes agree, but other numbers; else it cannot be multiplied."
# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    W = W1 @ W2 if W1.shape[1] == W2.shape[0] else W2 @ W1
    return W, W2 @ b1 + b2
