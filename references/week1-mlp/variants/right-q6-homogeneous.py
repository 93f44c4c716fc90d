# operator = "equivalent"
# why = "one product of matrices with the bias folded in"

# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    def fold(W, b):
        return np.block([[W, b[:, None]], [np.zeros((1, W.shape[1])), np.ones((1, 1))]])
    M = fold(W2, b2) @ fold(W1, b1)
    return M[:-1, :-1], M[:-1, -1]
