# operator = "equivalent"
# why = "torch.linalg.lstsq, returned as a float64 tensor"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    """Return the least-squares coefficients of y ≈ Xβ, shape (p,)."""
    X, y = torch.tensor(X), torch.tensor(y)
    print('torch')
    return torch.linalg.lstsq(X, y[:, None]).solution.squeeze(1)
