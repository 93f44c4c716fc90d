# operator = "API"
# expected = {q2 = 4, q3 = 5}
# why = "wrong sign: walks uphill, so it cannot arrive"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    """Return the mean squared difference, one number."""
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    """Return (1/m) Xᵀ(Xβ − y), shape (p,)."""
    return X.T @ (y - X @ beta) / len(y)
