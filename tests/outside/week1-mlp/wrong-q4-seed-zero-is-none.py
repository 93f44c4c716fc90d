# expected = {q4 = 0}
# why = "`if seed:` treats seed 0 as no seed, so two runs with seed 0 differ; 'The same seed gives the same result', seed >= 0."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed) if seed else np.random.default_rng()
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        p = rng.permutation(len(y))
        for s in range(0, len(y), batch_size):
            i = p[s : s + batch_size]
            b = b - lr * mse_gradient(X[i], y[i], b)
        out.append(b)
    return np.array(out)
