# expected = {q1 = 0}
# why = "Adds 1e-8 to the diagonal so that the inverse exists: for cond(X) 1e6 and X of scale 1 this changes beta in the first digits; contract: four correct digits."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    p = X.shape[1]
    return np.linalg.solve(X.T @ X + 1e-8 * np.eye(p), X.T @ y)
