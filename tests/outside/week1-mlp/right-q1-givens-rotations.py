# why = "QR by Givens rotations written out on a copy; works on X itself, arguments untouched."
# %% q1_answer
# answer: q1_answer
import math


def normal_equation(X, y):
    A = np.column_stack([X, y]).astype(np.float64)
    m, n = X.shape
    for j in range(n):
        for i in range(m - 1, j, -1):
            a, b = A[i - 1, j], A[i, j]
            if b == 0.0:
                continue
            h = math.hypot(a, b)
            c, s = a / h, b / h
            top, low = A[i - 1, j:].copy(), A[i, j:].copy()
            A[i - 1, j:] = c * top + s * low
            A[i, j:] = c * low - s * top
    beta = np.zeros(n)
    for j in reversed(range(n)):
        beta[j] = (A[j, n] - A[j, j + 1 : n] @ beta[j + 1 :]) / A[j, j]
    return beta
