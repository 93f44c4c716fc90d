# expected = {q7 = 0}
# why = "Training loss measured after each batch's step: 'each batch measured just before its step'."
# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    train_losses, val_losses = [], []
    for _ in range(epochs):
        model.train()
        total, rows = 0.0, 0
        for x, y in train_dl:
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            with torch.no_grad():
                total, rows = total + F.mse_loss(model(x), y, reduction="sum").item(), rows + len(y)
        train_losses.append(total / rows)
        model.eval()
        total, rows = 0.0, 0
        with torch.no_grad():
            for x, y in val_dl:
                total, rows = total + F.mse_loss(model(x), y).item() * len(y), rows + len(y)
        val_losses.append(total / rows)
    return train_losses, val_losses
