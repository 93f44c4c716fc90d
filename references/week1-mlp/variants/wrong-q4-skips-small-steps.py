# operator = "Training"
# expected = {q4 = 9}
# why = "leaves steps out whose gradient is shorter than 0.001"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    shuffler = np.random.default_rng(seed)
    beta = np.zeros(X.shape[1])
    walk = [beta]
    order = np.arange(len(y))
    for _ in range(epochs):
        order = shuffler.permutation(len(y))
        for start in range(0, len(y), batch_size):
            batch = order[start : start + batch_size]
            g = mse_gradient(X[batch], y[batch], beta)
            if np.linalg.norm(g) > 1e-3:
                beta = beta - lr * g
        walk.append(beta)
    return np.array(walk)
