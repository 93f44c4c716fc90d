# why = "pinv of the one-hot table without a column of ones: the four columns of a place add up to 1, so the intercept is already in their span."
# %% q8_answer
# answer: q8_answer
import math


def pearson_r(a, b):
    a, b = list(map(float, a)), list(map(float, b))
    if all(v == a[0] for v in a) or all(v == b[0] for v in b):
        return 0.0
    ma, mb = math.fsum(a) / len(a), math.fsum(b) / len(b)
    top = math.fsum((u - ma) * (v - mb) for u, v in zip(a, b))
    return top / math.sqrt(math.fsum((u - ma) ** 2 for u in a)) / math.sqrt(math.fsum((v - mb) ** 2 for v in b))


def linear_ceiling(x_train, y_train, x_test):
    A = np.reshape(x_train, (len(x_train), -1))
    return np.reshape(x_test, (len(x_test), -1)) @ (np.linalg.pinv(A, rcond=1e-10) @ y_train)
