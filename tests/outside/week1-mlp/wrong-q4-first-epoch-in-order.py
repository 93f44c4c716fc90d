# expected = {q4 = 0}
# why = "Shuffles at the end of each epoch, so the first epoch deals the rows in file order for every seed: 'Every epoch deals all rows out anew, in a fresh random order', 'another seed another order'."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    order = np.arange(len(y))
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        for s in range(0, len(y), batch_size):
            i = order[s : s + batch_size]
            b = b - lr * mse_gradient(X[i], y[i], b)
        out.append(b)
        order = rng.permutation(order)
    return np.array(out)
