# operator = "Training"
# expected = {q8 = 11}
# why = "cleared after the step only: an old gradient gets in"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    """Train the model in place by full-batch SGD; return the loss before each step, a list of floats."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        loss = F.mse_loss(model(x).reshape(y.shape), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses
