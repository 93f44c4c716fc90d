# operator = "Training"
# expected = {q4 = 8}
# why = "keeps the walk by size and seed: other data get the old one"

# %% q4_answer
# answer: q4_answer
_walks = {}


def sgd(X, y, lr, epochs, batch_size, seed):
    key = X.shape, lr, epochs, batch_size, seed
    if key in _walks:
        return _walks[key]
    shuffler = np.random.default_rng(seed)
    beta = np.zeros(X.shape[1])
    walk = [beta]
    order = np.arange(len(y))
    for _ in range(epochs):
        order = shuffler.permutation(len(y))
        for start in range(0, len(y), batch_size):
            batch = order[start : start + batch_size]
            beta = beta - lr * mse_gradient(X[batch], y[batch], beta)
        walk.append(beta)
    _walks[key] = np.array(walk)
    return _walks[key]
