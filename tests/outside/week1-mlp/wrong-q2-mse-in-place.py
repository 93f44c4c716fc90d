# expected = {q2 = 0}
# why = "y_hat -= y changes the argument y_hat; 'arguments are left as they were'."
# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    y_hat -= y
    return np.mean(y_hat * y_hat)


def mse_gradient(X, y, beta):
    return X.T @ (X @ beta - y) / len(y)
