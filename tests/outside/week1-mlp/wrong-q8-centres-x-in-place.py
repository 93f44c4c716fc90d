# expected = {q8 = 0}
# why = "x -= x.mean() inside: changes the caller's x and the problem; 'arguments are left as they were'."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    x -= x.mean(dim=0)
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
