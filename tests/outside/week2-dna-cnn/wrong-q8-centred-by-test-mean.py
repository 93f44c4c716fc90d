# expected = {q8 = 0}
# why = "Centres both tables by their own means, the test table by the test mean: predictions shift with the composition of the test rows."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return np.corrcoef(a, b)[0, 1]


def linear_ceiling(x_train, y_train, x_test):
    A, B = (x.reshape(len(x), -1) - x.reshape(len(x), -1).mean(axis=0) for x in (x_train, x_test))
    return B @ np.linalg.lstsq(A, y_train - y_train.mean(), rcond=None)[0] + y_train.mean()
