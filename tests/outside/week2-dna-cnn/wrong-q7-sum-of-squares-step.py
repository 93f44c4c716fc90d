# expected = {q7 = 0}
# why = "Steps on the sum of the squared errors of a batch instead of the mean, reports the mean."
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
            loss = F.mse_loss(model(x), y, reduction="sum")
            loss.backward()
            opt.step()
            total, rows = total + loss.item(), rows + len(y)
        train_losses.append(total / rows)
        model.eval()
        with torch.no_grad():
            val_losses.append(torch.cat([(model(x) - y) ** 2 for x, y in val_dl]).mean().item())
    return train_losses, val_losses
