# operator = "API"
# expected = {q2 = 5}
# why = "the exact derivative, with the 2; parts 3 and 4 follow through"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    """Return the mean squared difference, one number."""
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    """Return (1/m) Xᵀ(Xβ − y), shape (p,)."""
    return 2 * X.T @ (X @ beta - y) / len(y)
