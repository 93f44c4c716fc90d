# operator = "Tensors & Input"
# expected = {q2 = 6}
# why = "converts to float32 first"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    d = y_hat.astype(np.float32) - y.astype(np.float32)
    return float(np.mean(d**2))


def mse_gradient(X, y, beta):
    return X.T @ (X @ beta - y) / len(y)
