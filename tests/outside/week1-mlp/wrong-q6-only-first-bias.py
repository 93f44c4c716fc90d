# expected = {q6 = 0}
# why = "Forgets b2."
# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    return W2 @ W1, W2 @ b1
