# operator = "Tensors & Input"
# expected = {q2 = 7}
# why = "hands out one buffer again and again: a gradient that was kept changes with the next call"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


_buffers = {}


def mse_gradient(X, y, beta):
    out = _buffers.setdefault(len(beta), np.zeros(len(beta)))
    out[:] = X.T @ (X @ beta - y) / len(y)
    return out
