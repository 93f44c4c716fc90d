# expected = {q4 = 0}
# why = "Every batch is drawn without replacement, but from all rows again: within an epoch rows come twice or never; 'each row exactly once'."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    m = len(y)
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        for s in range(0, m, batch_size):
            i = rng.choice(m, size=min(batch_size, m - s), replace=False)
            b = b - lr * mse_gradient(X[i], y[i], b)
        out.append(b)
    return np.array(out)
