# expected = {q4 = 0}
# why = "torch.set_grad_enabled(False) for validation and never on again: the second epoch cannot train; the contract: every epoch is trained"
# %% q4_answer
# answer: q4_answer
def fit(model, train, val, optimizer, batch_size, epochs):
    x, y = train
    history = {"train_loss": [], "val_loss": []}
    for _ in range(epochs):
        model.train()
        total = 0.0
        for i in torch.randperm(len(x), device=x.device).split(batch_size):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x[i]), y[i])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(i)
        history["train_loss"].append(total / len(x))
        model.eval()
        torch.set_grad_enabled(False)
        s = sum(F.mse_loss(model(a), b, reduction="sum").item() for a, b in zip(val[0].split(256), val[1].split(256)))
        history["val_loss"].append(s / val[1].numel())
    return history
