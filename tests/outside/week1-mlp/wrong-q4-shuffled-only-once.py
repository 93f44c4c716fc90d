# expected = {q4 = 0}
# why = "Permutation drawn before the epochs: 'Every epoch deals all rows out anew, in a fresh random order'."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    p = np.random.default_rng(seed).permutation(len(y))
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        for s in range(0, len(y), batch_size):
            i = p[s : s + batch_size]
            b = b - lr * mse_gradient(X[i], y[i], b)
        out.append(b)
    return np.array(out)
