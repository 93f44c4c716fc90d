# expected = {q8 = 0}
# why = "Calls arrays with a std below 1e-6 constant and returns 0: arrays of scale 1e-7 vary and have an r."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if a.std() < 1e-6 or b.std() < 1e-6:
        return 0.0
    return np.corrcoef(a, b)[0, 1]


def linear_ceiling(x_train, y_train, x_test):
    A, B = (np.column_stack([x.reshape(len(x), -1), np.ones(len(x))]) for x in (x_train, x_test))
    return B @ np.linalg.lstsq(A, y_train, rcond=None)[0]
