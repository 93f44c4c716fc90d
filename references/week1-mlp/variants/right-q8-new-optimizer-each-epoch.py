# operator = "equivalent"
# why = "plain SGD has no memory: a new optimizer per epoch is the same"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    """Train the model in place by full-batch SGD; return the loss before each step, a list of floats."""
    losses = []
    for _ in range(epochs):
        optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=lr)
        model.zero_grad(set_to_none=False)
        loss = F.mse_loss(model(x).reshape(y.shape), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
