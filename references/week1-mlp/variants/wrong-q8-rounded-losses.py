# operator = "Value"
# expected = {q8 = 11.5}
# why = "losses with three decimals: those of small numbers are 0"

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
        losses.append(round(loss.item(), 3))
    return losses
