# expected = {q7 = 0}
# why = "Weights every batch with the size of the first one: the short last batch counts as a full one."
# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    train_losses, val_losses = [], []
    for _ in range(epochs):
        model.train()
        total, rows, size = 0.0, 0, None
        for x, y in train_dl:
            size = size or len(y)
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            total, rows = total + loss.item() * size, rows + len(y)
        train_losses.append(total / rows)
        model.eval()
        with torch.no_grad():
            val_losses.append(torch.cat([(model(x) - y) ** 2 for x, y in val_dl]).mean().item())
    return train_losses, val_losses
