# expected = {q4 = 0}
# why = "np.array_split into ceil(m/batch_size) parts makes equal parts (m=10, size 4 gives 4,3,3) instead of 4,4,2: batches of batch_size, the last has what is left."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    m = len(y)
    parts = -(-m // batch_size)
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(epochs):
        for i in np.array_split(rng.permutation(m), parts):
            beta = beta - lr * mse_gradient(X[i], y[i], beta)
        walk.append(beta)
    return np.array(walk)
