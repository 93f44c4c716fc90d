# expected = {q8 = 0}
# why = "Rank correlation: agrees on 1, 2, 3 against 3, 1, 2, not on skewed data."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    ranks = lambda v: np.argsort(np.argsort(v))
    return np.corrcoef(ranks(a), ranks(b))[0, 1]


def linear_ceiling(x_train, y_train, x_test):
    A, B = (np.column_stack([x.reshape(len(x), -1), np.ones(len(x))]) for x in (x_train, x_test))
    return B @ np.linalg.lstsq(A, y_train, rcond=None)[0]
