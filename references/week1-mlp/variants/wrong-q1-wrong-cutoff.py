# operator = "API"
# expected = {q1 = 4}
# why = "lstsq with a cutoff that throws the third column away"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    """Return the least-squares coefficients of y ≈ Xβ, shape (p,)."""
    return np.linalg.lstsq(X, y, rcond=1e-6)[0]
