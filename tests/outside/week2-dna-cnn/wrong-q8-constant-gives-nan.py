# expected = {q8 = 0}
# why = "No guard: a constant side divides 0 by 0 and gives NaN; contract: '0 if a or b is constant'."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    u, v = a - a.mean(), b - b.mean()
    return (u * v).sum() / np.sqrt((u**2).sum() * (v**2).sum())


def linear_ceiling(x_train, y_train, x_test):
    A, B = (np.column_stack([x.reshape(len(x), -1), np.ones(len(x))]) for x in (x_train, x_test))
    return B @ np.linalg.lstsq(A, y_train, rcond=None)[0]
