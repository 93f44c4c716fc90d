# expected = {q1 = 0}
# why = "Returns shape (p, 1) instead of (p,)."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    return np.linalg.lstsq(X, y.reshape(-1, 1), rcond=None)[0]
