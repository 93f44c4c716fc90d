# expected = {q4 = 0}
# why = "Deals the short batch first and the full ones after it: 'The last batch has what is left'; sizes and rows are right, the walk cannot be reached by any order (4 rows, size 3)."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    m = len(y)
    first = m % batch_size or min(batch_size, m)
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        p = rng.permutation(m)
        for i in np.split(p, range(first, m, batch_size)):
            b = b - lr * mse_gradient(X[i], y[i], b)
        out.append(b)
    return np.array(out)
