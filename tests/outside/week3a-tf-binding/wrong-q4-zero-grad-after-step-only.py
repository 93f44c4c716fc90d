# expected = {q4 = 0}
# why = "zero_grad only after each step, so the gradients left on the model by another task enter the first step; the contract: from gradients of that batch alone"
# %% q4_answer
# answer: q4_answer
def fit(model, train, val, optimizer, batch_size, epochs):
    x, y = train
    history = {"train_loss": [], "val_loss": []}
    for _ in range(epochs):
        model.train()
        total = 0.0
        for i in torch.randperm(len(x), device=x.device).split(batch_size):
            loss = F.mse_loss(model(x[i]), y[i])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            total += loss.item() * len(i)
        history["train_loss"].append(total / len(x))
        model.eval()
        with torch.no_grad():
            s = sum(F.mse_loss(model(a), b, reduction="sum").item() for a, b in zip(val[0].split(256), val[1].split(256)))
        history["val_loss"].append(s / val[1].numel())
    return history
