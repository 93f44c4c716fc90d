# why = "standard scores, and a pseudo-inverse of centred columns; constants found by comparing"

# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if (a == a[0]).all() or (b == b[0]).all():
        return 0
    return np.mean((a - a.mean()) / a.std() * (b - b.mean()) / b.std())


def linear_ceiling(x_train, y_train, x_test):
    middle = x_train.mean(axis=0)
    X, X_new = ((x - middle).reshape(len(x), -1) for x in (x_train, x_test))
    return y_train.mean() + X_new @ (np.linalg.pinv(X) @ (y_train - y_train.mean()))
