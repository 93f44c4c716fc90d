# expected = {q2 = 0}
# why = "y - X beta instead of X beta - y: minus g."
# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y - y_hat) ** 2)


def mse_gradient(X, y, beta):
    return X.T @ (y - X @ beta) / len(y)
