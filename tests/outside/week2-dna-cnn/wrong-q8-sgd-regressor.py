# expected = {q8 = 0}
# why = "sklearn's SGDRegressor (default alpha, few passes) instead of least squares: not three correct digits."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return np.corrcoef(a, b)[0, 1]


def linear_ceiling(x_train, y_train, x_test):
    from sklearn.linear_model import SGDRegressor

    fit = SGDRegressor(max_iter=50, tol=None, random_state=0).fit(x_train.reshape(len(x_train), -1), y_train)
    return fit.predict(x_test.reshape(len(x_test), -1))
