# expected = {q7 = 0}
# why = "ReduceLROnPlateau on the validation loss (patience 0): what validation sees reaches the weights, and lr is not the given one."
# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=0, factor=0.5)
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
            val_losses.append(torch.cat([(model(x) - y) ** 2 for x, y in val_dl]).mean().item())
        plateau.step(val_losses[-1])
    return train_losses, val_losses
