# expected = {q3 = 0}
# why = "Updates the coefficients one after the other, the second already with the new first (Gauss-Seidel), not a step along -g."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    m, p = X.shape
    beta, walk = np.zeros(p), [np.zeros(p)]
    for _ in range(steps):
        for j in range(p):
            beta[j] -= lr * X[:, j] @ (X @ beta - y) / m
        walk.append(beta.copy())
    return np.array(walk)
