# why = "Steps by hand with autograd.grad on trainable parameters, allow_unused."
# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    weights = [p for p in model.parameters() if p.requires_grad]
    train_losses, val_losses = [], []
    for _ in range(epochs):
        model.train()
        seen = []
        for x, y in train_dl:
            squares = (model(x) - y) ** 2
            grads = torch.autograd.grad(squares.mean(), weights, allow_unused=True)
            with torch.no_grad():
                for w, g in zip(weights, grads):
                    if g is not None:
                        w -= lr * g
            seen.extend(squares.detach().tolist())
        train_losses.append(sum(seen) / len(seen))
        model.eval()
        seen = []
        for x, y in val_dl:
            with torch.no_grad():
                seen.extend(((model(x) - y) ** 2).tolist())
        val_losses.append(sum(seen) / len(seen))
    return (train_losses, val_losses)
