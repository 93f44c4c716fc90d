# expected = {q2 = 0}
# why = "Divides by the number of columns (len(beta)) instead of rows; right only when m = p, e.g. wrong for X (5, 2)."
# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    return X.T @ (X @ beta - y) / len(beta)
