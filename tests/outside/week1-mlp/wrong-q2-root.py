# expected = {q2 = 0}
# why = "Root mean squared error instead of the mean."
# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.sqrt(np.mean((y_hat - y) ** 2))


def mse_gradient(X, y, beta):
    return X.T @ (X @ beta - y) / len(y)
