# operator = "Tensors & Input"
# expected = {q2 = 6}
# why = "looks at the first 1000 rows only"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y_hat[:1000] - y[:1000]) ** 2)


def mse_gradient(X, y, beta):
    return X.T @ (X @ beta - y) / len(y)
