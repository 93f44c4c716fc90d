# operator = "API"
# expected = {q2 = 5}
# why = "mean absolute difference"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    """Return the mean squared difference, one number."""
    return np.mean(np.abs(y_hat - y))


def mse_gradient(X, y, beta):
    """Return (1/m) Xᵀ(Xβ − y), shape (p,)."""
    return X.T @ (X @ beta - y) / len(y)
