# why = "autograd of half the mean squared error is g without the 2."
# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return F.mse_loss(torch.from_numpy(y_hat), torch.from_numpy(y)).item()


def mse_gradient(X, y, beta):
    b = torch.tensor(beta, dtype=torch.float64, requires_grad=True)
    loss = 0.5 * ((torch.tensor(X) @ b - torch.tensor(y)) ** 2).mean()
    return torch.autograd.grad(loss, b)[0].numpy()
