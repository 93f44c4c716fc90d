# operator = "API"
# expected = {q2 = 4}
# why = "wrong sign; parts 3 and 4 are judged with a right one in its place"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    """Return the mean squared difference, one number."""
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    """Return (1/m) Xᵀ(Xβ − y), shape (p,)."""
    return X.T @ (y - X @ beta) / len(y)
