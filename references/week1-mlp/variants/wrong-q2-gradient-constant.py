# operator = "API"
# expected = {q2 = 4}
# at_most = true
# why = "the gradient at zero, whatever beta is; gradient_descent and sgd are right"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    return -X.T @ y / len(y)
