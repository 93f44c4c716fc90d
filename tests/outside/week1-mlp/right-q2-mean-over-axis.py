# why = "Mean of per-row gradients, broadcasting the residual as a column."
# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.average(np.square(y - y_hat))


def mse_gradient(X, y, beta):
    return ((X @ beta - y)[:, np.newaxis] * X).mean(axis=0)
