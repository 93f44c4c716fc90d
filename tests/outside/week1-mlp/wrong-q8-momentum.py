# expected = {q8 = 0}
# why = "SGD with momentum 0.9: 'plain SGD (no momentum)'; the first step is the same, the second not."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
