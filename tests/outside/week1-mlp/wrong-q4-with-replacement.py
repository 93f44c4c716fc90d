# expected = {q4 = 0}
# why = "rng.integers draws rows with replacement: 'each row exactly once' fails."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    m = len(y)
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        p = np.arange(m) if batch_size >= m else rng.integers(0, m, size=m)
        for s in range(0, m, batch_size):
            i = p[s : s + batch_size]
            b = b - lr * mse_gradient(X[i], y[i], b)
        out.append(b)
    return np.array(out)
