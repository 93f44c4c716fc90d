# operator = "Training"
# expected = {q4 = 9}
# why = "the batches hold the same rows for ever, only their order changes"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    """Return the coefficients at the start and after each epoch, shape (epochs + 1, p)."""
    shuffler = np.random.default_rng(seed)
    batches = [np.arange(i, min(i + batch_size, len(y))) for i in range(0, len(y), batch_size)]
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(epochs):
        for number in shuffler.permutation(len(batches)):
            batch = batches[number]
            beta = beta - lr * mse_gradient(X[batch], y[batch], beta)
        walk.append(beta)
    return np.array(walk)
