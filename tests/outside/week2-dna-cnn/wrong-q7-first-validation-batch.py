# expected = {q7 = 0}
# why = "Validates on next(iter(val_dl)) only: 'once through val_dl', 'the mean over the rows of val_dl'."
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
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            total, rows = total + loss.item() * len(y), rows + len(y)
        train_losses.append(total / rows)
        model.eval()
        with torch.no_grad():
            x, y = next(iter(val_dl))
            val_losses.append(F.mse_loss(model(x), y).item())
    return train_losses, val_losses
