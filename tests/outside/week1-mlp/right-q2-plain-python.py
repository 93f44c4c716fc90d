# why = "Loops over rows and math.fsum; same mean, same g."
# %% q2_answer
# answer: q2_answer
import math


def mse(y_hat, y):
    return math.fsum((float(a) - float(b)) ** 2 for a, b in zip(y_hat, y)) / len(y)


def mse_gradient(X, y, beta):
    m, p = X.shape
    g = [0.0] * p
    for i in range(m):
        r = sum(X[i, j] * beta[j] for j in range(p)) - y[i]
        for j in range(p):
            g[j] += X[i, j] * r / m
    return np.array(g)
