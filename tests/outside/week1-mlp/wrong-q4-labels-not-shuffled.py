# expected = {q4 = 0}
# why = "Permutes X but takes y in the old order, so rows lose their labels; with one batch of all rows even GD is wrong."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        Xs = X[rng.permutation(len(y))]
        for s in range(0, len(y), batch_size):
            b = b - lr * mse_gradient(Xs[s : s + batch_size], y[s : s + batch_size], b)
        out.append(b)
    return np.array(out)
