# expected = {q8 = 0}
# why = "Zeroes only trainable parameters' gradients, then steps every parameter with a gradient: a frozen parameter that carries an old gradient moves."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    losses = []
    for _ in range(epochs):
        for p in model.parameters():
            if p.requires_grad:
                p.grad = None
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                if p.grad is not None:
                    p -= lr * p.grad
        losses.append(loss.item())
    return losses
