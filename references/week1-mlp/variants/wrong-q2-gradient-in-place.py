# operator = "Tensors & Input"
# expected = {q2 = 7, q3 = 1}
# why = "changes the caller's y: gradient_descent, which passes the same y again and again, goes astray"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    """Return the mean squared difference, one number."""
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    """Return (1/m) Xᵀ(Xβ − y), shape (p,)."""
    y -= X @ beta
    return -X.T @ y / len(y)
