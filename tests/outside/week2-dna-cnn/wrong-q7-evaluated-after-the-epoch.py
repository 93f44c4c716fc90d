# expected = {q7 = 0}
# why = "Training loss from a second pass after the epoch: goes through train_dl twice and measures after all steps."
# %% q7_answer
# answer: q7_answer
def mean_square(model, loader):
    model.eval()
    with torch.no_grad():
        s = torch.cat([(model(x) - y) ** 2 for x, y in loader])
    return s.mean().item()


def train_model(model, train_dl, val_dl, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    train_losses, val_losses = [], []
    for _ in range(epochs):
        model.train()
        for x, y in train_dl:
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
        train_losses.append(mean_square(model, train_dl))
        val_losses.append(mean_square(model, val_dl))
    return train_losses, val_losses
