# operator = "Training"
# expected = {q4 = 9}
# why = "turns the order by a random number of places"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    shuffler = np.random.default_rng(seed)
    beta = np.zeros(X.shape[1])
    walk = [beta]
    order = np.arange(len(y))
    for _ in range(epochs):
        order = np.roll(np.arange(len(y)), int(shuffler.integers(len(y))))
        for start in range(0, len(y), batch_size):
            batch = order[start : start + batch_size]
            beta = beta - lr * mse_gradient(X[batch], y[batch], beta)
        walk.append(beta)
    return np.array(walk)
