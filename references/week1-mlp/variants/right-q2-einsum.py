# operator = "equivalent"
# why = "einsum, dot and vdot"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    d = np.subtract(y_hat, y)
    return np.vdot(d, d) / d.size


def mse_gradient(X, y, beta):
    return np.einsum("ij,i->j", X, np.einsum("ij,j->i", X, beta) - y) / X.shape[0]
