# operator = "equivalent"
# why = "NumPy's least squares"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    """Return the least-squares coefficients of y ≈ Xβ, shape (p,)."""
    return np.linalg.lstsq(X, y, rcond=None)[0]
