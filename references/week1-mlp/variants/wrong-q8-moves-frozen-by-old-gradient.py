# operator = "Training"
# expected = {q8 = 11}
# why = "clears the gradients of trainable parameters only, so that an old one moves a frozen parameter"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        for p in model.parameters():
            if p.requires_grad:
                p.grad = None
        loss = F.mse_loss(model(x).reshape(y.shape), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
