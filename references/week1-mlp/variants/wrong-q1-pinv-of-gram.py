# operator = "API"
# expected = {q1 = 4}
# why = "pseudo-inverse of XᵀX drops the small singular value"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    """Return the least-squares coefficients of y ≈ Xβ, shape (p,)."""
    return np.linalg.pinv(X.T @ X) @ X.T @ y
