# expected = {q7 = 12}
# operator = "own: old gradients"
# why = "steps by hand move whatever has a gradient, also an old one of a frozen layer"

# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    """Train in place by SGD, validate after every epoch; return (train_losses, val_losses)."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    train_losses, val_losses = [], []
    for _ in range(epochs):
        model.train()
        total = rows = 0
        for x, y in train_dl:
            for p in model.parameters():
                if p.requires_grad:
                    p.grad = None
            loss = F.mse_loss(model(x), y)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    if p.grad is not None:
                        p -= lr * p.grad
            total += loss.item() * len(y)
            rows += len(y)
        train_losses.append(total / rows)

        model.eval()
        total = rows = 0
        with torch.no_grad():
            for x, y in val_dl:
                total += F.mse_loss(model(x), y, reduction="sum").item()
                rows += len(y)
        val_losses.append(total / rows)
    return train_losses, val_losses
