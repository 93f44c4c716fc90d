# operator = "equivalent"
# why = "torch.autograd.grad and no optimizer, in training mode"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    model.train()
    losses = []
    trainable = [p for p in model.parameters() if p.requires_grad]
    for _ in range(epochs):
        loss = ((model(x).view(-1) - y) ** 2).mean()
        for p, g in zip(trainable, torch.autograd.grad(loss, trainable)):
            with torch.no_grad():
                p.sub_(lr * g)
        losses += [float(loss)]
    return losses
