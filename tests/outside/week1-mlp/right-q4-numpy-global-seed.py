# why = "np.random.seed(seed) once and np.random.shuffle of the index array: 'Free: which random generator you use'."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    np.random.seed(seed)
    index = np.arange(X.shape[0])
    beta = np.zeros(X.shape[1])
    walk = np.zeros((epochs + 1, X.shape[1]))
    for epoch in range(epochs):
        np.random.shuffle(index)
        for start in range(0, len(index), batch_size):
            Xb, yb = X[index[start : start + batch_size]], y[index[start : start + batch_size]]
            beta = beta - lr * Xb.T @ (Xb @ beta - yb) / len(yb)
        walk[epoch + 1] = beta
    return walk
