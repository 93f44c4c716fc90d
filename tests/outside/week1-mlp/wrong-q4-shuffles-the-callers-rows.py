# expected = {q4 = 0}
# why = "rng.shuffle on X and y themselves (two equal generators): the steps are right but the arguments come back shuffled; 'arguments are left as they were'."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    one, two = np.random.default_rng(seed), np.random.default_rng(seed)
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        one.shuffle(X)
        two.shuffle(y)
        for s in range(0, len(y), batch_size):
            b = b - lr * mse_gradient(X[s : s + batch_size], y[s : s + batch_size], b)
        out.append(b)
    return np.array(out)
