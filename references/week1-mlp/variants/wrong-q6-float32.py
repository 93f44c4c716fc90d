# operator = "Tensors & Input"
# expected = {q6 = 2}
# why = "computes in float32"

# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    W1, b1, W2, b2 = (torch.tensor(a, dtype=torch.float32) for a in (W1, b1, W2, b2))
    return (W2 @ W1).numpy(), (W2 @ b1 + b2).numpy()
