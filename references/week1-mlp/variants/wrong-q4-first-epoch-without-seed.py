# operator = "Value"
# expected = {q4 = 9}
# why = "an epoch's generator is made from seed times epoch, so that the first is the same for every seed"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    b = np.zeros(X.shape[1])
    out = [b]
    for e in range(epochs):
        p = np.random.default_rng(seed * e + (e if seed == 0 else 0)).permutation(len(y))
        for s in range(0, len(y), batch_size):
            i = p[s : s + batch_size]
            b = b - lr * mse_gradient(X[i], y[i], b)
        out.append(b)
    return np.array(out)
