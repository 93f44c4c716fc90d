# operator = "Tensors & Input"
# expected = {q1 = 0}
# why = "returns shape (p, 1)"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    """Return the least-squares coefficients of y ≈ Xβ, shape (p,)."""
    return np.linalg.lstsq(X, y[:, None], rcond=None)[0]
