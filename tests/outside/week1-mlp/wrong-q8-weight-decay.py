# expected = {q8 = 0}
# why = "weight_decay=1e-2 'against overfitting': not the gradient of the mean squared error."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr, weight_decay=1e-2)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
