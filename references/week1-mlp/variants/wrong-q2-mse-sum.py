# operator = "API"
# expected = {q2 = 5}
# why = "sum instead of mean"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    """Return the mean squared difference, one number."""
    return np.sum((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    """Return (1/m) Xᵀ(Xβ − y), shape (p,)."""
    return X.T @ (X @ beta - y) / len(y)
