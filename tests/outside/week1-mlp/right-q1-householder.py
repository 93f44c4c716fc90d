# why = "Householder reflections on the augmented matrix [X y], then back substitution."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    """Householder."""
    R = np.hstack([X, y[:, None]])
    p = X.shape[1]
    for j in range(min(p, len(R) - 1)):
        v = R[j:, j].copy()
        v[0] += np.copysign(np.linalg.norm(v), v[0])
        n2 = v @ v
        if n2 == 0:
            continue
        R[j:, j:] -= np.outer(2 * v / n2, v @ R[j:, j:])
    out = [0.0] * p
    for j in range(p - 1, -1, -1):
        rest = sum(R[j, k] * out[k] for k in range(j + 1, p))
        out[j] = (R[j, p] - rest) / R[j, j]
    return np.array(out)
