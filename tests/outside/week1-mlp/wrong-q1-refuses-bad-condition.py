# expected = {q1 = 0}
# why = "Raises ValueError when cond(X) > 1e7 ('columns nearly agree'): the contract wants four digits up to 1e8."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    if np.linalg.cond(X) > 1e7:
        raise ValueError("columns of X are not independent")
    Q, R = np.linalg.qr(X)
    return np.linalg.solve(R, Q.T @ y)
