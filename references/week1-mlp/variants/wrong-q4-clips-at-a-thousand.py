# operator = "OCG"
# expected = {q4 = 9}
# why = "clips the gradient of a batch to length 1000"

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
            beta = beta - lr * g * min(1.0, 1000 / max(np.linalg.norm(g), 1e-300))
        walk.append(beta)
    return np.array(walk)
