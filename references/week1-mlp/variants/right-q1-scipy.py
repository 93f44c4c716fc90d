# operator = "equivalent"
# why = "SciPy's least squares"

# %% q1_answer
# answer: q1_answer
from scipy import linalg


def normal_equation(X, y):
    """Return the least-squares coefficients of y ≈ Xβ, shape (p,)."""
    return linalg.lstsq(X, y)[0]
