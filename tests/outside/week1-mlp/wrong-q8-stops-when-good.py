# expected = {q8 = 0}
# why = "Stops as soon as the loss is below 1e-6, returning fewer than epochs losses (a line on its own data, 2000 epochs)."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
        if losses[-1] < 1e-6:
            break
    return losses
