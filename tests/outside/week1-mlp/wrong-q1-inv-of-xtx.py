# expected = {q1 = 0}
# why = "The formula literally: inv(XtX); the text says 'Whatever is computed from XtX after that ... is noise', and at cond(X) 1e7..1e8 no four digits are right (e.g. X = [t, t+1e-7 sin 40t])."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    return np.linalg.inv(X.T @ X) @ X.T @ y
