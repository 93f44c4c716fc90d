# expected = {q2 = 0}
# why = "Computes mean(a^2) - 2 mean(ab) + mean(b^2), which cancels: for values near 1e8 with differences of a few units the answer is off by whole units; contract: mean of the squared differences of float64 arrays."
# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean(y_hat**2) - 2 * np.mean(y_hat * y) + np.mean(y**2)


def mse_gradient(X, y, beta):
    return X.T @ (X @ beta - y) / len(y)
