# operator = "Training"
# expected = {q8 = 11}
# why = "trains the parameters of nn.Linear only"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    linear = [m for m in model.modules() if isinstance(m, nn.Linear)]
    optimizer = torch.optim.SGD([p for m in linear for p in m.parameters()], lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x).reshape(y.shape), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
