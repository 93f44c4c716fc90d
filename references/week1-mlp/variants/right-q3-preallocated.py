# operator = "equivalent"
# why = "fills an array, gradient written out"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    walk = np.zeros((steps + 1, X.shape[1]))
    for t in range(steps):
        walk[t + 1] = walk[t] - lr / len(X) * (X.T @ (X @ walk[t]) - X.T @ y)
    return walk
