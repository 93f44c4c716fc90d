# operator = "Tensors & Input"
# expected = {q6 = 4}
# why = "the caller's b2 takes up the bias, and the pair is right"

# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    """Return (W, b) of the one linear layer that equals the two."""
    b2 += W2 @ b1
    return W2 @ W1, b2
