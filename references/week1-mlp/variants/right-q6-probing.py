# operator = "equivalent"
# why = "finds the layer by probing it with unit vectors; a list of tensors out"

# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    f = lambda x: W2 @ (W1 @ x + b1) + b2
    b = f(np.zeros(W1.shape[1]))
    W = np.stack([f(e) - b for e in np.eye(W1.shape[1])], axis=1)
    return [torch.tensor(W), torch.tensor(b)]
