# operator = "Training"
# expected = {q4 = 9}
# why = "beyond 500 rows it shuffles within blocks of 500, which stay in order"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    shuffler = np.random.default_rng(seed)
    beta = np.zeros(X.shape[1])
    walk = [beta]
    order = np.arange(len(y))
    for _ in range(epochs):
        blocks = [np.arange(i, min(i + 500, len(y))) for i in range(0, len(y), 500)]
        order = np.concatenate([shuffler.permutation(b) for b in blocks])
        for start in range(0, len(y), batch_size):
            batch = order[start : start + batch_size]
            beta = beta - lr * mse_gradient(X[batch], y[batch], beta)
        walk.append(beta)
    return np.array(walk)
