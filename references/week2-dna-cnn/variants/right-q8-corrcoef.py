# why = "NumPy's corrcoef, and a ceiling by the pseudo-inverse without an intercept"

# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0
    return np.corrcoef(a, b)[0, 1]


def linear_ceiling(x_train, y_train, x_test):
    beta = np.linalg.pinv(x_train.reshape(len(x_train), -1)) @ y_train
    return x_test.reshape(len(x_test), -1) @ beta
