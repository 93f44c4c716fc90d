# expected = {q1 = 0}
# why = "scipy's iterative lsqr with its default tolerances works on X itself but stops far from four digits when cond(X) is 1e6 and more."
# %% q1_answer
# answer: q1_answer
from scipy.sparse.linalg import lsqr


def normal_equation(X, y):
    return lsqr(X, y)[0]
