# operator = "HNE"
# expected = {q8 = 11.5}
# why = "stops when the loss no longer falls"

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
        optimizer.step()
        losses.append(loss.item())
        if len(losses) > 10 and losses[-10] - losses[-1] < 1e-4:
            break
    return losses
