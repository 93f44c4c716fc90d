# operator = "HDB"
# expected = {q8 = 11.5}
# why = "batches of 32, which few rows do not show"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    """Train the model in place by full-batch SGD; return the loss before each step, a list of floats."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for some_x, some_y in zip(x.split(32), y.split(32)):
            optimizer.zero_grad()
            loss = F.mse_loss(model(some_x).reshape(some_y.shape), some_y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(some_y)
        losses.append(total / len(y))
    return losses
