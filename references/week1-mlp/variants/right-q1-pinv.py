# operator = "equivalent"
# why = "pseudo-inverse of X"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    """Return the least-squares coefficients of y ≈ Xβ, shape (p,)."""
    return np.linalg.pinv(X) @ y
