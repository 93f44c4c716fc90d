# expected = {q2 = 0}
# why = "Numerical forward difference with h = 1e-3 on half the mse: error h/2 * mean(x_j^2), about 1e-2 for x of scale 5; not g."
# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    h, g = 1e-3, np.zeros(len(beta))
    for j in range(len(beta)):
        moved = beta.copy()
        moved[j] += h
        g[j] = (mse(X @ moved, y) - mse(X @ beta, y)) / (2 * h)
    return g
