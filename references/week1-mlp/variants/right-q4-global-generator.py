# operator = "equivalent"
# why = "NumPy's global generator, seeded at the start"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    np.random.seed(seed)
    order, beta = np.arange(len(y)), np.zeros(X.shape[1])
    walk = np.zeros((epochs + 1, X.shape[1]))
    for epoch in range(epochs):
        np.random.shuffle(order)
        for rows in np.array_split(order, range(batch_size, len(y), batch_size)):
            beta = beta - lr * mse_gradient(X[rows], y[rows], beta)
        walk[epoch + 1] = beta
    return walk
