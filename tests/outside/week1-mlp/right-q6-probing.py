# why = "Finds b as f(0) and the columns of W as f(e_j) - f(0)."
# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    def f(x):
        return W2.dot(W1.dot(x) + b1) + b2

    b = f(np.zeros(W1.shape[1]))
    return np.stack([f(e) - b for e in np.eye(W1.shape[1])], axis=1), b
