# expected = {q8 = 0}
# why = "Ridge with alpha 1 instead of least squares: with 60 training rows predictions differ in the second digit ('Three correct digits or better')."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return np.corrcoef(a, b)[0, 1]


def linear_ceiling(x_train, y_train, x_test):
    from sklearn.linear_model import Ridge

    return Ridge(alpha=1.0).fit(x_train.reshape(len(x_train), -1), y_train).predict(x_test.reshape(len(x_test), -1))
