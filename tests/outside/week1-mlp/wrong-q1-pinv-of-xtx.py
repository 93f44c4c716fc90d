# expected = {q1 = 0}
# why = "pinv(XtX) drops the small direction of XtX at cond(X) 9e7 (or keeps noise); the contract asks four digits up to 1e8."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    return np.linalg.pinv(X.T @ X) @ (X.T @ y)
