# expected = {q1 = 0}
# why = "solve on XtX: 'by inverting it or by solving with it, is noise'; wrong digits at cond(X)=5e7, consistent y."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    gram = X.T @ X
    return np.linalg.solve(gram, X.T @ y)
