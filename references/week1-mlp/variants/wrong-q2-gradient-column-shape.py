# operator = "Tensors & Input"
# expected = {q2 = 3}
# why = "returns a column, shape (p, 1); gradient_descent and sgd are right"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    return (X.T @ (X @ beta - y) / len(y))[:, None]
