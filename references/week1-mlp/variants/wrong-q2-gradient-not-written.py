# operator = "API"
# expected = {q2 = 3}
# why = "no mse_gradient yet; gradient_descent and sgd, which call it, are right"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    raise NotImplementedError
