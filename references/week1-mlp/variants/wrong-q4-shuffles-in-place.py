# operator = "Tensors & Input"
# expected = {q4 = 9}
# why = "shuffles the caller's X and y together"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    """Return the coefficients at the start and after each epoch, shape (epochs + 1, p)."""
    shuffler = np.random.default_rng(seed)
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(epochs):
        order = shuffler.permutation(len(y))
        X[:], y[:] = X[order], y[order]
        for start in range(0, len(y), batch_size):
            batch = slice(start, start + batch_size)
            beta = beta - lr * mse_gradient(X[batch], y[batch], beta)
        walk.append(beta)
    return np.array(walk)
