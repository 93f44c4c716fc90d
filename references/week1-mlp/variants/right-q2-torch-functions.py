# operator = "equivalent"
# why = "torch inside, tensors out of mse; the gradient by autograd, halved"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return F.mse_loss(torch.as_tensor(y_hat), torch.as_tensor(y))


def mse_gradient(X, y, beta):
    b = torch.tensor(beta, requires_grad=True)
    (0.5 * F.mse_loss(torch.tensor(X) @ b, torch.tensor(y))).backward()
    return b.grad.numpy()
