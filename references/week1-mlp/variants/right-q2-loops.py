# operator = "equivalent"
# why = "plain Python loops, floats and lists"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    total = 0.0
    for a, b in zip(y_hat, y):
        total += (a - b) ** 2
    return float(total / len(y))


def mse_gradient(X, y, beta):
    m, p = X.shape
    return np.array([sum((X[i] @ beta - y[i]) * X[i, j] for i in range(m)) / m for j in range(p)])
