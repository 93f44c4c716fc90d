# operator = "RAW"
# expected = {q8 = 4}
# why = "weight decay 0.1"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    """Train the model in place by full-batch SGD; return the loss before each step, a list of floats."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, weight_decay=0.1)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x).reshape(y.shape), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
