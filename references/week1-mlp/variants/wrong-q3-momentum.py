# operator = "OCH"
# expected = {q3 = 1}
# why = "momentum 0.9"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    """Return the walk of gradient descent from zero, shape (steps + 1, p)."""
    beta = np.zeros(X.shape[1])
    walk = [beta]
    v = 0
    for _ in range(steps):
        v = 0.9 * v + mse_gradient(X, y, beta)
        beta = beta - lr * v
        walk.append(beta)
    return np.array(walk)
