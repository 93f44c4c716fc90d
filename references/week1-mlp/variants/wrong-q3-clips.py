# operator = "OCG"
# expected = {q3 = 2}
# why = "clips the gradient to length 1"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    """Return the walk of gradient descent from zero, shape (steps + 1, p)."""
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(steps):
        g = mse_gradient(X, y, beta)
        beta = beta - lr * g / max(1.0, np.linalg.norm(g))
        walk.append(beta)
    return np.array(walk)
