# expected = {q8 = 0}
# why = "p = p - lr * p.grad only rebinds the loop variable; the model never changes."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    losses = []
    for _ in range(epochs):
        model.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        for p in model.parameters():
            if p.grad is not None:
                p = p - lr * p.grad
        losses.append(loss.item())
    return losses
