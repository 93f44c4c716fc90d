# operator = "equivalent"
# why = "by SVD, returned as a list"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    """Return the least-squares coefficients of y ≈ Xβ, shape (p,)."""
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    return list(Vt.T @ ((U.T @ y) / s))
