# operator = "API"
# expected = {q1 = 4}
# why = "the formula typed in: (XᵀX)⁻¹Xᵀy loses all digits on a badly conditioned X"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    """Return the least-squares coefficients of y ≈ Xβ, shape (p,)."""
    return np.linalg.inv(X.T @ X) @ X.T @ y
