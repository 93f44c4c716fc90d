# expected = {q8 = 0}
# why = "requires_grad_(True) on the whole model: 'Frozen parameters stay as they are'."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    model.requires_grad_(True)
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
