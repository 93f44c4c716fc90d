# expected = {q1 = 0}
# why = "Classical Gram-Schmidt once loses orthogonality like cond^2, then R beta = Q^T y is wrong in the first digits at cond(X) near 1e8 with p >= 3."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    m, p = X.shape
    Q, R = np.zeros((m, p)), np.zeros((p, p))
    for j in range(p):
        R[:j, j] = Q[:, :j].T @ X[:, j]
        v = X[:, j] - Q[:, :j] @ R[:j, j]
        R[j, j] = np.linalg.norm(v)
        Q[:, j] = v / R[j, j]
    return np.linalg.solve(R, Q.T @ y)
