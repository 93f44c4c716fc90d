# why = "A new generator per epoch seeded with the pair (seed, epoch): fresh order every epoch, same seed same result, other seed other order."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    m, p = X.shape
    betas = [np.zeros(p)]
    for epoch in range(epochs):
        order = np.random.default_rng([seed, epoch]).permutation(m)
        Xs, ys = X[order], y[order]
        beta = betas[-1]
        start = 0
        while start < m:
            stop = min(start + batch_size, m)
            A, t = Xs[start:stop], ys[start:stop]
            beta = beta - lr / (stop - start) * (A.T @ (A @ beta - t))
            start = stop
        betas.append(beta)
    return np.array(betas)
