# expected = {q8 = 0}
# why = "Adds 1e-8 to the denominator against division by zero: for arrays of scale 1e-6 (denominator 1e-12 n) r comes out near 0; r does not depend on scale."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    u, v = a - a.mean(), b - b.mean()
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return (u @ v) / (np.sqrt(u @ u) * np.sqrt(v @ v) + 1e-8)


def linear_ceiling(x_train, y_train, x_test):
    A, B = (np.column_stack([x.reshape(len(x), -1), np.ones(len(x))]) for x in (x_train, x_test))
    return B @ np.linalg.lstsq(A, y_train, rcond=None)[0]
