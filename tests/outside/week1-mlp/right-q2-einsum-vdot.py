# why = "Different arithmetic for the same formulas (vdot, einsum)."
# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    r = np.subtract(y_hat, y)
    return np.vdot(r, r) / r.size


def mse_gradient(X, y, beta):
    residual = np.einsum("ij,j->i", X, beta) - y
    return np.einsum("ij,i->j", X, residual) / X.shape[0]
