# operator = "Training"
# expected = {q8 = 11}
# why = "manual update that stumbles over frozen parameters"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    """Train the model in place by full-batch SGD; return the loss before each step, a list of floats."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x).reshape(y.shape), y)
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= lr * p.grad
        losses.append(loss.item())
    return losses
