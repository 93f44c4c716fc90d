# expected = {q4 = 0}
# why = "Divides by batch_size also in the short last batch: 'with the mean over the rows it has' (and batch_size > m)."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    size = min(batch_size, len(y))
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        p = rng.permutation(len(y))
        for s in range(0, len(y), size):
            i = p[s : s + size]
            b = b - lr * X[i].T @ (X[i] @ b - y[i]) / size
        out.append(b)
    return np.array(out)
