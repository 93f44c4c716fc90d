# operator = "equivalent"
# why = "scikit-learn's linear regression"

# %% q8_answer
# answer: q8_answer
from sklearn.linear_model import LinearRegression


def pearson_r(a, b):
    r = np.corrcoef(a, b)[0, 1]
    return 0.0 if np.isnan(r) or np.ptp(a) == 0 or np.ptp(b) == 0 else float(r)


def linear_ceiling(x_train, y_train, x_test):
    model = LinearRegression().fit(x_train.reshape(len(x_train), -1), y_train)
    return model.predict(x_test.reshape(len(x_test), -1))
