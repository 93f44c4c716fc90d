# expected = {q3 = 0}
# why = "Recursive: correct for few steps, RecursionError at 3000 steps; steps is any integer >= 0."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    if steps == 0:
        return np.zeros((1, X.shape[1]))
    walk = gradient_descent(X, y, lr, steps - 1)
    return np.vstack([walk, walk[-1] - lr * mse_gradient(X, y, walk[-1])])
