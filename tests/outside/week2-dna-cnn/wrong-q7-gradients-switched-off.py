# expected = {q7 = 0}
# why = "torch.set_grad_enabled(False) for the validation and never back on: the second epoch cannot train (raises) and everything after is without gradients."
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
        torch.set_grad_enabled(False)
        total, rows = 0.0, 0
        for x, y in val_dl:
            total, rows = total + F.mse_loss(model(x), y).item() * len(y), rows + len(y)
        val_losses.append(total / rows)
    return train_losses, val_losses
