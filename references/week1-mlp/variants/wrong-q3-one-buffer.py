# operator = "Tensors & Input"
# expected = {q3 = 4}
# why = "one buffer for all walks of a length: a walk that was kept changes with the next"

# %% q3_answer
# answer: q3_answer
_walks = {}


def gradient_descent(X, y, lr, steps):
    walk = _walks.setdefault((steps, X.shape[1]), np.zeros((steps + 1, X.shape[1])))
    for t in range(steps):
        walk[t + 1] = walk[t] - lr * mse_gradient(X, y, walk[t])
    return walk
