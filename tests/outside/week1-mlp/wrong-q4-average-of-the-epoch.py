# expected = {q4 = 0}
# why = "Stores the mean of the coefficients over the epoch's batches: row e must be 'the coefficients after epoch e'."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        seen = []
        p = rng.permutation(len(y))
        for s in range(0, len(y), batch_size):
            i = p[s : s + batch_size]
            b = b - lr * mse_gradient(X[i], y[i], b)
            seen.append(b)
        out.append(np.mean(seen, axis=0))
    return np.array(out)
