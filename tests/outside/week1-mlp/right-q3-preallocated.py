# why = "Fills a preallocated (steps + 1, p) array row by row."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    walk = np.zeros((steps + 1, X.shape[1]))
    for t in range(steps):
        walk[t + 1] = walk[t] - lr * mse_gradient(X, y, walk[t])
    return walk
