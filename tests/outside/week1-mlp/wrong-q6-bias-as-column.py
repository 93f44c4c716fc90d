# expected = {q6 = 0}
# why = "The bias comes out with shape (o, 1) instead of (o,)."
# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    W = W2 @ W1
    b = W2 @ b1.reshape(-1, 1) + b2.reshape(-1, 1)
    return W, b
