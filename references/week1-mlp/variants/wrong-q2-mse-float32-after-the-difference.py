# operator = "Tensors & Input"
# expected = {q2 = 6}
# why = "the difference in float64, the squares in float32"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return torch.from_numpy(y_hat - y).float().pow(2).mean().item()


def mse_gradient(X, y, beta):
    return X.T @ (X @ beta - y) / len(y)
