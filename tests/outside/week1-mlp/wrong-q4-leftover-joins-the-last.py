# expected = {q4 = 0}
# why = "A short rest is added to the batch before it: the last batch 'has what is left; it takes a step like the others' (m = 7, size 3: 3, 4 instead of 3, 3, 1)."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    m = len(y)
    full = max(1, m // batch_size)
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        p = rng.permutation(m)
        for k in range(full):
            i = p[k * batch_size :] if k == full - 1 else p[k * batch_size : (k + 1) * batch_size]
            b = b - lr * mse_gradient(X[i], y[i], b)
        out.append(b)
    return np.array(out)
