# operator = "equivalent"
# why = "a new generator for every epoch, seeded with the seed and the epoch; float32"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    X, y = X.astype(np.float32), y.astype(np.float32)
    walk = np.zeros((epochs + 1, X.shape[1]), dtype=np.float32)
    for epoch in range(epochs):
        order = np.argsort(np.random.default_rng([seed, epoch]).random(len(y)))
        beta = walk[epoch]
        for batch in np.split(order, range(batch_size, len(y), batch_size)):
            error = X[batch] @ beta - y[batch]
            beta = beta - np.float32(lr) * (error @ X[batch]) / np.float32(len(batch))
        walk[epoch + 1] = beta
    return walk
