# expected = {q7 = 0}
# why = "model.train() before the epochs, model.eval() in the first validation: from the second epoch on it trains in evaluation mode (Witness, dropout, batch norm)."
# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    train_losses, val_losses = [], []
    model.train()
    for _ in range(epochs):
        total, rows = 0.0, 0
        for x, y in train_dl:
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            total, rows = total + loss.item() * len(y), rows + len(y)
        train_losses.append(total / rows)
        model.eval()
        total, rows = 0.0, 0
        with torch.no_grad():
            for x, y in val_dl:
                total, rows = total + F.mse_loss(model(x), y).item() * len(y), rows + len(y)
        val_losses.append(total / rows)
    return train_losses, val_losses
