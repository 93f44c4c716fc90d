# why = "sklearn.utils.shuffle of the row numbers with one RandomState for the whole run, generator function for the batches."
# %% q4_answer
# answer: q4_answer
from sklearn.utils import shuffle


def deal(m, size, rng):
    """Yield batches of row numbers."""
    rows = shuffle(np.arange(m), random_state=rng)
    for i in range(-(-m // size)):
        yield rows[i * size : (i + 1) * size]


def sgd(X, y, lr, epochs, batch_size, seed):
    rng = np.random.RandomState(seed)
    beta, path = np.zeros(X.shape[1]), [np.zeros(X.shape[1])]
    for _ in range(epochs):
        for rows in deal(len(y), batch_size, rng):
            beta = beta - lr * mse_gradient(X[rows], y[rows], beta)
        path.append(beta.copy())
    return np.array(path)
