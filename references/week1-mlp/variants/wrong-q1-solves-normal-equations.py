# operator = "API"
# expected = {q1 = 4}
# why = "forms XᵀX and solves with it: the same loss of digits"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    """Return the least-squares coefficients of y ≈ Xβ, shape (p,)."""
    return np.linalg.solve(X.T @ X, X.T @ y)
