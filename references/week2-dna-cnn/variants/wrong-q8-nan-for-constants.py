# expected = {q8 = 7}
# operator = "own: metric"
# why = "NaN where one side is constant"

# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    """Return Pearson's correlation, 0 where one side is constant."""
    a, b = a - a.mean(), b - b.mean()
    norm = np.sqrt((a**2).sum() * (b**2).sum())
    return float((a * b).sum() / norm)


def linear_ceiling(x_train, y_train, x_test):
    """Return the predictions of the best linear model for x_test, shape (m,)."""
    design, design_test = (np.column_stack([np.ones(len(x)), x.reshape(len(x), -1)]) for x in (x_train, x_test))
    beta = np.linalg.lstsq(design, y_train, rcond=None)[0]
    return design_test @ beta
