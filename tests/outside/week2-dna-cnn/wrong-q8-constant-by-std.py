# expected = {q8 = 0}
# why = "Tests std == 0: seven times 0.1 has a std of 1.4e-17, not 0; with a = b = seven times 0.1 r comes out as 1 where the contract says '0 if a or b is constant'."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if np.std(a) == 0 or np.std(b) == 0:
        return 0.0
    return np.mean((a - np.mean(a)) * (b - np.mean(b))) / (np.std(a) * np.std(b))


def linear_ceiling(x_train, y_train, x_test):
    A, B = (np.column_stack([x.reshape(len(x), -1), np.ones(len(x))]) for x in (x_train, x_test))
    return B @ np.linalg.lstsq(A, y_train, rcond=None)[0]
