# expected = {q7 = 12}
# operator = "own: something left changed"
# why = "every parameter is made trainable"

# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    """Train in place by SGD, validate after every epoch; return (train_losses, val_losses)."""
    model.requires_grad_(True)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    train_losses, val_losses = [], []
    for _ in range(epochs):
        model.train()
        total = rows = 0
        for x, y in train_dl:
            optimizer.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
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
