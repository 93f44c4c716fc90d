# operator = "API"
# expected = {q2 = 3, q3 = 1, q4 = 1}
# why = "returns zeros"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    """Return the mean squared difference, one number."""
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    """Return (1/m) Xᵀ(Xβ − y), shape (p,)."""
    return np.zeros(len(beta))
