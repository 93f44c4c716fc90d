# expected = {q1 = 0}
# why = "Adds a column of ones and drops the intercept again; contract: columns 'taken as they are (add no column of ones)'. Differs whenever y has a mean that X does not explain."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    A = np.column_stack([np.ones(len(X)), X])
    return np.linalg.lstsq(A, y, rcond=None)[0][1:]
