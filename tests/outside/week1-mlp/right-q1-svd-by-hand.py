# why = "SVD without any cut-off: works on X itself, 'Free: the method'."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    """SVD: X = U S Vt, beta = V S^-1 U^T y."""
    U, S, Vt = np.linalg.svd(X, full_matrices=False)
    beta = np.zeros(X.shape[1])
    for k in range(len(S)):
        beta += (U[:, k] @ y) / S[k] * Vt[k]
    return beta
