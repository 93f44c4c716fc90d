# expected = {q4 = 0}
# why = "Drops the last short batch: 'each row exactly once. The last batch has what is left' (m = 7, batch 3)."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    batch_size = min(batch_size, len(y))
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        p = rng.permutation(len(y))
        for k in range(len(y) // batch_size):
            i = p[k * batch_size : (k + 1) * batch_size]
            b = b - lr * mse_gradient(X[i], y[i], b)
        out.append(b)
    return np.array(out)
