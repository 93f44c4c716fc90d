# expected = {q7 = 0}
# why = "Divides by len(train_dl.dataset): a loader that only 'behaves like' a DataLoader (part 5 allows it) has none, AttributeError."
# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    train_losses, val_losses = [], []
    for _ in range(epochs):
        model.train()
        total = 0.0
        for x, y in train_dl:
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
        train_losses.append(total / len(train_dl.dataset))
        model.eval()
        total = 0.0
        with torch.no_grad():
            for x, y in val_dl:
                total += F.mse_loss(model(x), y).item() * len(y)
        val_losses.append(total / len(val_dl.dataset))
    return train_losses, val_losses
