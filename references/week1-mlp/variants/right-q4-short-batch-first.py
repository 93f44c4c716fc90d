# operator = "equivalent"
# why = "legacy global seed, copies shuffled together, array_split by position"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    np.random.seed(seed)
    X, y = X.copy(), y.copy()
    beta = np.zeros(X.shape[1])
    walk = np.empty((epochs + 1, X.shape[1]))
    walk[0] = beta
    for e in range(epochs):
        order = np.random.permutation(len(y))
        X, y = X[order], y[order]
        for xb, yb in zip(*(np.split(a, range(batch_size, len(y), batch_size)) for a in (X, y))):
            beta = beta - lr * mse_gradient(xb, yb, beta)
        walk[e + 1] = beta
    return walk
