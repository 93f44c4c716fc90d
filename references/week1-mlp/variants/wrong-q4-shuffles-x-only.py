# operator = "TCL"
# expected = {q4 = 4}
# why = "X shuffled, y not"

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
            batch = order[start : start + batch_size]
            beta = beta - lr * mse_gradient(X[batch], y[start : start + batch_size], beta)
        walk.append(beta)
    return np.array(walk)
