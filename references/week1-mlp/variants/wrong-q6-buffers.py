# operator = "Tensors & Input"
# expected = {q6 = 4}
# why = "hands out one pair of buffers per size"

# %% q6_answer
# answer: q6_answer
_buffers = {}


def collapse_linear(W1, b1, W2, b2):
    shape = (len(W2), W1.shape[1])
    W, b = _buffers.setdefault(shape, (np.zeros(shape), np.zeros(shape[0])))
    W[:], b[:] = W2 @ W1, W2 @ b1 + b2
    return W, b
