# operator = "Tensors & Input"
# expected = {q1 = 4}
# why = "the columns of the caller's X are scaled, and β is right"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    """Return the least-squares coefficients of y ≈ Xβ, shape (p,)."""
    size = np.linalg.norm(X, axis=0)
    X /= size
    return np.linalg.lstsq(X, y, rcond=None)[0] / size
