# expected = {q2 = 0}
# why = "y -= X beta overwrites the caller's y (then the sign is turned); values right, but 'arguments are left as they were'."
# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    y -= X @ beta
    return -X.T @ y / len(y)
