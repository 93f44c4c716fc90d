# operator = "own: randomness in name only"
# expected = {q4 = 9}
# why = "shuffled at the end of an epoch: the first has the rows' own order, whatever the seed"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    order = np.arange(len(y))
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        for s in range(0, len(y), batch_size):
            i = order[s : s + batch_size]
            b = b - lr * mse_gradient(X[i], y[i], b)
        out.append(b)
        order = rng.permutation(order)
    return np.array(out)
