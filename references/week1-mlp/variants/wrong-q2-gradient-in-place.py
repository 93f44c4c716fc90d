# operator = "Tensors & Input"
# expected = {q2 = 7}
# why = "changes the caller's y; gradient_descent and sgd are judged with a right one in its place"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    """Return the mean squared difference, one number."""
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    """Return (1/m) Xᵀ(Xβ − y), shape (p,)."""
    y -= X @ beta
    return -X.T @ y / len(y)
