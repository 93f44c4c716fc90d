# expected = {q3 = 0}
# why = "Returns only the points after each step and puts the start nowhere: steps rows instead of steps + 1."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    beta, walk = np.zeros(X.shape[1]), []
    for _ in range(steps + 1):
        beta = beta - lr * mse_gradient(X, y, beta)
        walk.append(beta)
    return np.array(walk)
