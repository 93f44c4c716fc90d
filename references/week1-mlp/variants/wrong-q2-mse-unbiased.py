# operator = "API"
# expected = {q2 = 5}
# why = "divides by m − 1"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    """Return the mean squared difference, one number."""
    return ((y_hat - y) ** 2).sum() / max(len(y) - 1, 1)


def mse_gradient(X, y, beta):
    """Return (1/m) Xᵀ(Xβ − y), shape (p,)."""
    return X.T @ (X @ beta - y) / len(y)
