# operator = "API"
# expected = {q2 = 4, q3 = 2, q4 = 5}  # whether one step lowers the error is up to the draw
# at_most = true
# why = "the same constant slope in part 2 and, written out again, in parts 3 and 4"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    return -X.T @ y / len(y)

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    slope = -X.T @ y / len(y)
    return np.array([-t * lr * slope for t in range(steps + 1)])

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    shuffler = np.random.default_rng(seed)
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(epochs):
        order = shuffler.permutation(len(y))
        for start in range(0, len(y), batch_size):
            batch = order[start : start + batch_size]
            beta = beta + lr * X[batch].T @ y[batch] / len(batch)
        walk.append(beta)
    return np.array(walk)
