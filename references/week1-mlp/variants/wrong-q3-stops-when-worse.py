# operator = "HNE"
# expected = {q3 = 5}
# why = "keeps the old row when the loss grows"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    """Return the walk of gradient descent from zero, shape (steps + 1, p)."""
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(steps):
        new = beta - lr * mse_gradient(X, y, beta)
        beta = new if mse(X @ new, y) < mse(X @ beta, y) else beta
        walk.append(beta)
    return np.array(walk)
