# expected = {q2 = 0}
# why = "Divides by m - 1 (and by zero for m = 1); contract: the mean."
# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.sum((y_hat - y) ** 2) / (len(y) - 1)


def mse_gradient(X, y, beta):
    return X.T @ (X @ beta - y) / len(y)
