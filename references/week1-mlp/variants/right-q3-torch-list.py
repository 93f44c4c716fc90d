# operator = "equivalent"
# why = "autograd in float64, a list of lists out"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    X, y = torch.tensor(X), torch.tensor(y)
    beta = torch.zeros(X.shape[1], dtype=torch.float64, requires_grad=True)
    walk = [beta.tolist()]
    for _ in range(steps):
        loss = ((X @ beta - y) ** 2).sum() / (2 * len(y))
        (g,) = torch.autograd.grad(loss, beta)
        with torch.no_grad():
            beta -= lr * g
        walk.append(beta.tolist())
    return walk
