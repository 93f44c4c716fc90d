# why = "a pseudo-inverse, with the column of ones at the end"

# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if (a == a[0]).all() or (b == b[0]).all():
        return 0
    return np.corrcoef(a, b)[0, 1]


def linear_ceiling(x_train, y_train, x_test):
    X, X_new = (np.hstack([x.reshape(len(x), -1), np.ones((len(x), 1))]) for x in (x_train, x_test))
    return X_new @ np.linalg.pinv(X) @ y_train
