# expected = {q4 = 0}
# why = "Seeds torch, draws from NumPy's global generator: two calls with the same seed differ."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    torch.manual_seed(seed)
    b = np.zeros(X.shape[1])
    out = [b]
    for _ in range(epochs):
        p = np.random.permutation(len(y))
        for s in range(0, len(y), batch_size):
            i = p[s : s + batch_size]
            b = b - lr * mse_gradient(X[i], y[i], b)
        out.append(b)
    return np.array(out)
