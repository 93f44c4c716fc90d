# operator = "equivalent"
# why = "mean of ŷ² − 2ŷy + y², which loses digits far from zero but not that many"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return (y_hat @ y_hat - 2 * (y_hat @ y) + y @ y) / len(y)


def mse_gradient(X, y, beta):
    return X.T @ (X @ beta - y) / len(y)
