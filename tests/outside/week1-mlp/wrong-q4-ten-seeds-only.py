# expected = {q4 = 0}
# why = "Uses seed % 10, so seeds 1 and 11 give the same result: 'another seed another order'."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed % 10)
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        p = rng.permutation(len(y))
        for s in range(0, len(y), batch_size):
            i = p[s : s + batch_size]
            b = b - lr * mse_gradient(X[i], y[i], b)
        out.append(b)
    return np.array(out)
