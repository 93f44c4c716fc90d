# operator = "Tensors & Input"
# expected = {q3 = 4}
# why = "the sign of the caller's X is turned, and the walk is right"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    """Return the walk of gradient descent from zero, shape (steps + 1, p)."""
    slope = X.T @ X / len(y)
    X *= -1
    pull = X.T @ y / len(y)
    walk = [np.zeros(X.shape[1])]
    for _ in range(steps):
        walk.append(walk[-1] - lr * (slope @ walk[-1] + pull))
    return np.array(walk)
