# expected = {q8 = 0}
# why = "Returns the 2 x 2 matrix of np.corrcoef: contract 'Returns one number'."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return np.corrcoef(a, b)


def linear_ceiling(x_train, y_train, x_test):
    A, B = (np.column_stack([x.reshape(len(x), -1), np.ones(len(x))]) for x in (x_train, x_test))
    return B @ np.linalg.lstsq(A, y_train, rcond=None)[0]
