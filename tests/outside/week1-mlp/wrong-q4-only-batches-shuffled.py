# expected = {q4 = 0}
# why = "Cuts fixed blocks of neighbouring rows and shuffles only the order of the blocks: 'deals all rows out anew' into batches fails, the short batch is always the same rows."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    starts = np.arange(0, len(y), batch_size)
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        for s in rng.permutation(starts):
            b = b - lr * mse_gradient(X[s : s + batch_size], y[s : s + batch_size], b)
        out.append(b)
    return np.array(out)
