# expected = {q2 = 0}
# why = "Returns 2g: 'mse_gradient returns g without the 2'."
# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    return 2 / len(y) * X.T @ (X @ beta - y)
