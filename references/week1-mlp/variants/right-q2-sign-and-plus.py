# operator = "equivalent"
# why = "helpers with other conventions inside: right gradient, lists out"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return float(torch.nn.functional.mse_loss(torch.as_tensor(y_hat), torch.as_tensor(y)))


def mse_gradient(X, y, beta):
    residual = (y - X @ beta).tolist()
    return [-sum(x * r for x, r in zip(column, residual)) / len(residual) for column in X.T.tolist()]

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    walk = [[0.0] * X.shape[1]]
    for _ in range(steps):
        walk.append([b - lr * g for b, g in zip(walk[-1], mse_gradient(X, y, np.array(walk[-1])))])
    return walk

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    generator = torch.Generator().manual_seed(seed)
    beta, walk = np.zeros(X.shape[1]), [[0.0] * X.shape[1]]
    for _ in range(epochs):
        for batch in torch.randperm(len(y), generator=generator).split(batch_size):
            rows = batch.numpy()
            beta = beta - lr * np.array(mse_gradient(X[rows], y[rows], beta))
        walk.append(beta.tolist())
    return walk
