# expected = {q4 = 0}
# why = "All batches of an epoch use the beta at the start of the epoch: 'Every batch takes its step from where the batch before it arrived'."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    out = [np.zeros(X.shape[1])]
    for _ in range(epochs):
        start, total = out[-1], np.zeros(X.shape[1])
        p = rng.permutation(len(y))
        for s in range(0, len(y), batch_size):
            i = p[s : s + batch_size]
            total += mse_gradient(X[i], y[i], start)
        out.append(start - lr * total)
    return np.array(out)
