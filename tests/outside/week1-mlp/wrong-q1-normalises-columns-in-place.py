# expected = {q1 = 0}
# why = "Scales the columns of X in place for better conditioning and undoes it only in beta: 'arguments are left as they were' is broken, the beta itself is right."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    scale = np.linalg.norm(X, axis=0)
    X /= scale
    Q, R = np.linalg.qr(X)
    return np.linalg.solve(R, Q.T @ y) / scale
