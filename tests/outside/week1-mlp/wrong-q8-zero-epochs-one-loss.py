# expected = {q8 = 0}
# why = "Records the loss before the loop as well, so epochs = 0 returns one loss: 'No epochs: an empty list'."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    loss = F.mse_loss(model(x).flatten(), y)
    losses = [loss.item()]
    for epoch in range(epochs):
        opt.zero_grad()
        loss.backward()
        opt.step()
        loss = F.mse_loss(model(x).flatten(), y)
        if epoch < epochs - 1:
            losses.append(loss.item())
    return losses
