# operator = "equivalent"
# why = "rows one by one, a float64 tensor out"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return sum((a - b) ** 2 for a, b in zip(y_hat, y)) / len(y)


def mse_gradient(X, y, beta):
    total = torch.zeros(len(beta), dtype=torch.float64)
    for row, target in zip(X, y):
        total += torch.from_numpy(row * (row @ beta - target))
    return total / len(X)
