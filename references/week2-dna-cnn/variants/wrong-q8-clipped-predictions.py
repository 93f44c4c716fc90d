# operator = "Value"
# expected = {q8 = 6}
# why = "predictions are cut off at percentiles of the training scores"

# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return np.corrcoef(a, b)[0, 1]


def linear_ceiling(x_train, y_train, x_test):
    A, B = (np.column_stack([x.reshape(len(x), -1), np.ones(len(x))]) for x in (x_train, x_test))
    inside = np.percentile(y_train, [2, 98])
    return np.clip(B @ np.linalg.lstsq(A, y_train, rcond=None)[0], *inside)
