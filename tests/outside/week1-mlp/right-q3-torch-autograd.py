# why = "autograd in float64 on half the mse; same walk."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    A, t = torch.tensor(X), torch.tensor(y)
    b = torch.zeros(X.shape[1], dtype=torch.float64, requires_grad=True)
    walk = [b.detach().clone()]
    for _ in range(steps):
        (grad,) = torch.autograd.grad(((A @ b - t) ** 2).mean() / 2, b)
        with torch.no_grad():
            b -= lr * grad
        walk.append(b.detach().clone())
    return torch.stack(walk).numpy()
