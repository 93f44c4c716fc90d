# why = "The pseudoinverse of X (not of XtX) with the default cut-off 1e-15 keeps all directions up to cond 1e8."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    return np.linalg.pinv(X) @ y
