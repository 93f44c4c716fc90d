# expected = {q8 = 0}
# why = "y_train -= mean changes the caller's scores; predictions are right, 'No function may change its arguments'."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return np.corrcoef(a, b)[0, 1]


def linear_ceiling(x_train, y_train, x_test):
    mean = y_train.mean()
    y_train -= mean
    A, B = (x.reshape(len(x), -1) for x in (x_train, x_test))
    return B @ np.linalg.lstsq(A, y_train, rcond=None)[0] + mean
