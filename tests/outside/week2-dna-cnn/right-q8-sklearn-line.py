# why = "sklearn's LinearRegression (least squares by SVD, minimum norm); z-scores for r."
# %% q8_answer
# answer: q8_answer
from sklearn.linear_model import LinearRegression


def pearson_r(a, b):
    if len(np.unique(a)) < 2 or len(np.unique(b)) < 2:
        return 0
    z = lambda v: (v - np.mean(v)) / np.std(v)
    return float(np.mean(z(a) * z(b)))


def linear_ceiling(x_train, y_train, x_test):
    flat = lambda x: x.reshape(x.shape[0], x.shape[1] * x.shape[2])
    return LinearRegression().fit(flat(x_train), y_train).predict(flat(x_test))
