# expected = {q8 = 0}
# why = "np.linalg.inv(XtX) of the singular matrix (with a column of ones): 'XtX has no inverse'; the predictions are noise or LinAlgError."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return np.corrcoef(a, b)[0, 1]


def linear_ceiling(x_train, y_train, x_test):
    A, B = (np.column_stack([x.reshape(len(x), -1), np.ones(len(x))]) for x in (x_train, x_test))
    return B @ (np.linalg.inv(A.T @ A) @ A.T @ y_train)
