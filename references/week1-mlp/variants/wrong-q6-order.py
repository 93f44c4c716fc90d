# operator = "Model"
# expected = {q6 = 0}
# why = "W₁W₂: the wrong order does not even multiply"

# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    """Return (W, b) of the one linear layer that equals the two."""
    return W1 @ W2, W1 @ b2 + b1
