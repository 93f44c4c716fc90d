# operator = "Tensors & Input"
# expected = {q2 = 6}
# why = "computes in float32"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)


def mse_gradient(X, y, beta):
    X, y, beta = (torch.tensor(a, dtype=torch.float32) for a in (X, y, beta))
    return X.T @ (X @ beta - y) / len(y)
