# operator = "API"
# expected = {q2 = 5}
# why = "the 2 of the derivative in part 2 and, written out again, in parts 3 and 4: one slip"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    return 2 * X.T @ (X @ beta - y) / len(y)

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    walk = [np.zeros(X.shape[1])]
    for _ in range(steps):
        walk.append(walk[-1] - lr * 2 * X.T @ (X @ walk[-1] - y) / len(y))
    return np.array(walk)

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    shuffler = np.random.default_rng(seed)
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(epochs):
        order = shuffler.permutation(len(y))
        for start in range(0, len(y), batch_size):
            b = order[start : start + batch_size]
            beta = beta - lr * 2 * X[b].T @ (X[b] @ beta - y[b]) / len(b)
        walk.append(beta)
    return np.array(walk)
