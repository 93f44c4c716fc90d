# why = "np.corrcoef where both sides vary, 0 else (min == max); lstsq with a column of ones."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    a, b = np.asarray(a), np.asarray(b)
    if a.min() == a.max() or b.min() == b.max():
        return 0.0
    return np.corrcoef(a, b)[0, 1]


def linear_ceiling(x_train, y_train, x_test):
    def design(x):
        return np.hstack([np.ones((len(x), 1)), x.reshape(len(x), -1)])

    beta, *_ = np.linalg.lstsq(design(x_train), y_train, rcond=None)
    return design(x_test) @ beta
