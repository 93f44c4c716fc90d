# expected = {q6 = 0}
# why = "Returns W as (d, o), the layout of x @ W; contract: shape (o, d), 'one row per output'."
# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    return W1.T @ W2.T, W2 @ b1 + b2
