# operator = "HLR"
# expected = {q8 = 11.5}
# why = "the learning rate halves every 20 epochs"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    """Train the model in place by full-batch SGD; return the loss before each step, a list of floats."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=20, gamma=0.5)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x).reshape(y.shape), y)
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses
