# operator = "equivalent"
# why = "an optimizer of PyTorch on the loss halved, float64"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    beta = torch.zeros(X.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer, walk = torch.optim.SGD([beta], lr=lr), [beta.detach().clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        (0.5 * F.mse_loss(X @ beta, y)).backward()
        optimizer.step()
        walk.append(beta.detach().clone())
    return torch.stack(walk)
