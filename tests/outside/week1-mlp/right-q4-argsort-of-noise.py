# why = "Order by sorting random keys; array_split at multiples of batch_size leaves the rest as last batch."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.RandomState(seed)
    m = len(X)
    cuts = np.arange(batch_size, m, batch_size)
    beta = np.zeros(X.shape[1])
    history = [beta]
    for _ in range(epochs):
        for B in np.split(np.argsort(rng.rand(m)), cuts):
            res = X[B] @ beta - y[B]
            beta = beta - lr * (X[B] * res[:, None]).mean(0)
        history.append(beta)
    return np.vstack(history)
