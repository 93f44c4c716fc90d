# expected = {q2 = 0}
# why = "Casts to float32: for large offsets (X near 1e4, y near 1e6) the residual of a few units is lost; contract speaks of float64 arrays."
# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return float(np.mean((y_hat - y) ** 2))


def mse_gradient(X, y, beta):
    X, y, beta = (torch.tensor(a, dtype=torch.float32) for a in (X, y, beta))
    return (X.T @ (X @ beta - y) / len(y)).numpy()
