# expected = {q8 = 6}
# operator = "TRD"
# why = "the line is fitted to the first thousand rows"

# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    """Return Pearson's correlation, 0 where one side is constant."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))


def linear_ceiling(x_train, y_train, x_test):
    """Return the predictions of the best linear model for x_test, shape (m,)."""
    design, design_test = (np.column_stack([np.ones(len(x)), x.reshape(len(x), -1)]) for x in (x_train, x_test))
    beta = np.linalg.lstsq(design[:1000], y_train[:1000], rcond=None)[0]
    return design_test @ beta
