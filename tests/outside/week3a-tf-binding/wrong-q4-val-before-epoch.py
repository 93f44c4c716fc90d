# expected = {q4 = 0}
# why = "validation before the epoch instead of after its last step; the visible check wants 0.625"
# %% q4_answer
# answer: q4_answer
def fit(model, train, val, optimizer, batch_size, epochs):
    x, y = train
    history = {"train_loss": [], "val_loss": []}
    for _ in range(epochs):
        model.eval()
        with torch.no_grad():
            history["val_loss"].append(F.mse_loss(model(val[0]), val[1]).item())
        model.train()
        total = 0.0
        for i in torch.randperm(len(x), device=x.device).split(batch_size):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x[i]), y[i])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(i)
        history["train_loss"].append(total / len(x))
    return history
