# expected = {q3 = 0}
# why = "steps = 0 returns an empty array of shape (0, p) instead of the start alone (steps + 1 = 1 row)."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    if steps <= 0:
        return np.empty((0, X.shape[1]))
    walk = np.zeros((steps + 1, X.shape[1]))
    for t in range(1, steps + 1):
        walk[t] = walk[t - 1] - lr * mse_gradient(X, y, walk[t - 1])
    return walk
