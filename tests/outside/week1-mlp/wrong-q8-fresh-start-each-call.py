# expected = {q8 = 0}
# why = "Resets the layers' parameters before training: 'Trains the model it is given'; the first loss is not that of the model before any step."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    for layer in model.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
