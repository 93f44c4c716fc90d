# why = "Gram-Schmidt with every column orthogonalised twice is accurate ('twice is enough'), so four digits hold at cond 1e8."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    m, p = X.shape
    Q, R = np.zeros((m, p)), np.zeros((p, p))
    for j in range(p):
        v = X[:, j].copy()
        for _ in range(2):
            h = Q[:, :j].T @ v
            v = v - Q[:, :j] @ h
            R[:j, j] += h
        R[j, j] = np.linalg.norm(v)
        Q[:, j] = v / R[j, j]
    beta = np.zeros(p)
    rhs = Q.T @ y
    for j in range(p - 1, -1, -1):
        beta[j] = (rhs[j] - R[j, j + 1 :] @ beta[j + 1 :]) / R[j, j]
    return beta
