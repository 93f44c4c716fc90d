# operator = "Tensors & Input"
# expected = {q6 = 0}
# why = "returns (b, W)"

# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    """Return (W, b) of the one linear layer that equals the two."""
    return W2 @ b1 + b2, W2 @ W1
