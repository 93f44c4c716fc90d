# expected = {q6 = 0}
# why = "W2 @ b1 as a column plus b2 as a row gives an (o, o) table, whose first column is returned: entry i has b2[0] instead of b2[i], seen for o >= 2."
# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    b = (W2 @ b1)[:, None] + b2
    return W2 @ W1, b[:, 0]
