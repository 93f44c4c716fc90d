# expected = {q7 = 0}
# why = "The epoch's training loss is that of its last batch."
# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    train_losses, val_losses = [], []
    for _ in range(epochs):
        model.train()
        for x, y in train_dl:
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
        train_losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            val_losses.append(torch.cat([(model(x) - y) ** 2 for x, y in val_dl]).mean().item())
    return train_losses, val_losses
