# expected = {q8 = 0}
# why = "Trains in float64 and leaves the model so: float32 x, as the contract has it, no longer goes through the trained model."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    model.double()
    x, y = x.double(), y.double()
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
