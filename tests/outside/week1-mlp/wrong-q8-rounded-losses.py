# expected = {q8 = 0}
# why = "round(loss, 3) before storing: small losses (1e-4) become 0; contract: the loss."
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
