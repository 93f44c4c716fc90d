# why = "Glues y to X, permutes the rows of the copy and slices."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    """SGD."""
    rng = np.random.default_rng(seed)
    table = np.column_stack((X, y))
    b = np.zeros(X.shape[1])
    result = [b]
    for _ in range(epochs):
        table = rng.permutation(table, axis=0)
        for first in range(0, table.shape[0], batch_size):
            part = table[first : first + batch_size]
            b = b - lr * part[:, :-1].T.dot(part[:, :-1].dot(b) - part[:, -1]) / part.shape[0]
        result.append(b)
    return np.asarray(result)
