# expected = {q8 = 0}
# why = "200 steps of gradient descent at 0.05 from zero instead of the minimum: not three correct digits (off by 0.9 for 200 rows of 5 letters, far more with an offset of 1e4)."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return np.corrcoef(a, b)[0, 1]


def linear_ceiling(x_train, y_train, x_test):
    A, B = (np.column_stack([x.reshape(len(x), -1), np.ones(len(x))]) for x in (x_train, x_test))
    beta = np.zeros(A.shape[1])
    for _ in range(200):
        beta -= 0.05 * A.T @ (A @ beta - y_train) / len(A)
    return B @ beta
