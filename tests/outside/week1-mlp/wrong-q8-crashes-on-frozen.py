# expected = {q8 = 0}
# why = "p.data -= lr * p.grad for all parameters: a frozen (or unused) parameter has grad None and the loop raises TypeError."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    losses = []
    for _ in range(epochs):
        model.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        for p in model.parameters():
            p.data -= lr * p.grad
        losses.append(loss.item())
    return losses
