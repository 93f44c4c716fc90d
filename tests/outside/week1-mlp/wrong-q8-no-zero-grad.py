# expected = {q8 = 0}
# why = "Gradients add up over the epochs: 'forget the old gradient'."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    model.zero_grad()
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
