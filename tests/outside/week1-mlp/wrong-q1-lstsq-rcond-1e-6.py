# expected = {q1 = 0}
# why = "lstsq with rcond=1e-6 throws away small singular values: for cond(X)=5e7 beta is the minimum-norm one, not the least-squares one."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    """rcond removes numerical noise."""
    return np.linalg.lstsq(X, y, rcond=1e-6)[0]
