# why = "itertools.accumulate over the steps, own gradient formula."
# %% q3_answer
# answer: q3_answer
from itertools import accumulate


def gradient_descent(X, y, lr, steps):
    H, c, m = X.T @ X, X.T @ y, len(y)
    return np.array(list(accumulate(range(steps), lambda b, _: b - lr * (H @ b - c) / m, initial=np.zeros(X.shape[1]))))
