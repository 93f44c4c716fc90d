# operator = "Tensors & Input"
# expected = {q2 = 7}
# why = "squares the difference inside the caller's array"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    """Return the mean squared difference, one number."""
    y_hat -= y
    y_hat **= 2
    return y_hat.mean()


def mse_gradient(X, y, beta):
    """Return (1/m) Xᵀ(Xβ − y), shape (p,)."""
    return X.T @ (X @ beta - y) / len(y)
