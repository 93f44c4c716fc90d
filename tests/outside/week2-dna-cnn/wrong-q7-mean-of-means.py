# expected = {q7 = 0}
# why = "Means of the batches' means: 'the mean of the batches' means is not it'; differs when the last batch is shorter."
# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    train_losses, val_losses = [], []
    for _ in range(epochs):
        model.train()
        losses = []
        for x, y in train_dl:
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            losses.append(loss.item())
        train_losses.append(np.mean(losses))
        model.eval()
        with torch.no_grad():
            val_losses.append(np.mean([F.mse_loss(model(x), y).item() for x, y in val_dl]))
    return train_losses, val_losses
