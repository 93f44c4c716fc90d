# operator = "equivalent"
# why = "sum of squares divided by m, and each loss from tolist"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    learned = [p for p in model.parameters() if p.requires_grad]
    losses = []
    while len(losses) < epochs:
        for p in learned:
            p.grad = None
        error = (model(x).ravel() - y).square().sum() / y.numel()
        error.backward()
        for p in learned:
            p.data -= lr * p.grad
        losses.append(error.detach().tolist())
    return losses
