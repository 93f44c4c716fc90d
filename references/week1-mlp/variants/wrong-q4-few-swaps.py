# operator = "Training"
# expected = {q4 = 9}
# why = "a few swaps instead of a shuffle"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    shuffler = np.random.default_rng(seed)
    beta = np.zeros(X.shape[1])
    walk = [beta]
    order = np.arange(len(y))
    for _ in range(epochs):
        for _ in range(2):
            i, j = shuffler.integers(len(y), size=2)
            order[[i, j]] = order[[j, i]]
        for start in range(0, len(y), batch_size):
            batch = order[start : start + batch_size]
            beta = beta - lr * mse_gradient(X[batch], y[batch], beta)
        walk.append(beta)
    return np.array(walk)
