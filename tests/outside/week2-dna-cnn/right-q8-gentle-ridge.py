# why = "Normal equations with a ridge of 1e-9: predictions agree with least squares to far more than three digits."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    return (a * b).sum() / np.sqrt((a**2).sum()) / np.sqrt((b**2).sum())


def linear_ceiling(x_train, y_train, x_test):
    mean = y_train.mean()
    A = x_train.reshape(len(x_train), -1)
    G = A.T @ A + 1e-9 * np.eye(A.shape[1])
    return x_test.reshape(len(x_test), -1) @ np.linalg.solve(G, A.T @ (y_train - mean)) + mean
