# operator = "HBS"
# expected = {q4 = 8}
# why = "beyond 1000 rows an epoch takes a sample of 1000"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    shuffler = np.random.default_rng(seed)
    beta = np.zeros(X.shape[1])
    walk = [beta]
    order = np.arange(len(y))
    for _ in range(epochs):
        order = shuffler.permutation(len(y))[:1000]
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            beta = beta - lr * mse_gradient(X[batch], y[batch], beta)
        walk.append(beta)
    return np.array(walk)
