# expected = {q3 = 0}
# why = "beta -= changes the array that was stored, so all rows equal the last: row t must be the coefficients after t steps."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(steps):
        beta -= lr * mse_gradient(X, y, beta)
        walk.append(beta)
    return np.array(walk)
