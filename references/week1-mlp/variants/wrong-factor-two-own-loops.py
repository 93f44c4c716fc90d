# operator = "API"
# expected = {q2 = 5}
# why = "the 2 in mse_gradient, but gradient_descent and sgd written out without it"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    """Return the mean squared difference, one number."""
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    """Return (1/m) Xᵀ(Xβ − y), shape (p,)."""
    return 2 * X.T @ (X @ beta - y) / len(y)

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    walk = np.zeros((steps + 1, X.shape[1]))
    for t in range(steps):
        walk[t + 1] = walk[t] - lr / len(X) * (X.T @ (X @ walk[t]) - X.T @ y)
    return walk

# %% q4_answer
# answer: q4_answer
import random


def sgd(X, y, lr, epochs, batch_size, seed):
    deck = random.Random(seed)
    beta, walk, rows = np.zeros(X.shape[1]), [np.zeros(X.shape[1])], list(range(len(y)))
    for _ in range(epochs):
        deck.shuffle(rows)
        left = list(rows)
        while left:
            batch, left = left[:batch_size], left[batch_size:]
            beta = beta - lr * X[batch].T @ (X[batch] @ beta - y[batch]) / len(batch)
        walk.append(beta)
    return walk
