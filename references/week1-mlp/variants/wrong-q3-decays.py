# operator = "HLR"
# expected = {q3 = 1}
# why = "the learning rate decays"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    """Return the walk of gradient descent from zero, shape (steps + 1, p)."""
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for t in range(steps):
        beta = beta - lr / (1 + t) * mse_gradient(X, y, beta)
        walk.append(beta)
    return np.array(walk)
