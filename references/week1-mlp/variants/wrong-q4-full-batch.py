# operator = "HDB"
# expected = {q4 = 4}
# why = "gradient descent on all rows"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    """Return the coefficients at the start and after each epoch, shape (epochs + 1, p)."""
    shuffler = np.random.default_rng(seed)
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(epochs):
        order = shuffler.permutation(len(y))
        for start in range(0, len(y), batch_size):
            batch = order
            beta = beta - lr * mse_gradient(X[batch], y[batch], beta)
        walk.append(beta)
    return np.array(walk)
