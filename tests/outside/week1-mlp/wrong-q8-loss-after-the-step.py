# expected = {q8 = 0}
# why = "Records the loss after the step: contract 'the loss of each epoch before its step'."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        F.mse_loss(model(x).flatten(), y).backward()
        opt.step()
        with torch.no_grad():
            losses.append(F.mse_loss(model(x).flatten(), y).item())
    return losses
