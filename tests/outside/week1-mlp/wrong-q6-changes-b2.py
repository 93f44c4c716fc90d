# expected = {q6 = 0}
# why = "b2 += W2 b1 writes into the argument b2; 'arguments are left as they were'."
# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    b2 += W2 @ b1
    return W2 @ W1, b2
