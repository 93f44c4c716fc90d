# operator = "Training"
# expected = {q4 = 9}
# why = "draws ten orders and goes through them again and again"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    shuffler = np.random.default_rng(seed)
    beta = np.zeros(X.shape[1])
    walk = [beta]
    orders = [shuffler.permutation(len(y)) for _ in range(10)]
    for _ in range(epochs):
        order = orders[len(walk) % 10]
        for start in range(0, len(y), batch_size):
            batch = order[start : start + batch_size]
            beta = beta - lr * mse_gradient(X[batch], y[batch], beta)
        walk.append(beta)
    return np.array(walk)
