# operator = "equivalent"
# why = "a DataLoader shuffles"

# %% q4_answer
# answer: q4_answer
def fit(model, train, val, optimizer, batch_size, epochs):
    """Train in place, validate after every epoch; return the history of both losses."""
    (x, y), (x_val, y_val) = train, val
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    history = {"train_loss": [], "val_loss": []}
    for _ in range(epochs):
        model.train()
        total = 0.0
        for some_x, some_y in loader:
            optimizer.zero_grad()
            loss = ((model(some_x) - some_y) ** 2).mean()
            loss.backward()
            optimizer.step()
            total += float(loss) * len(some_x)
        history["train_loss"].append(total / len(x))

        model.eval()
        with torch.no_grad():
            pairs = zip(x_val.split(256), y_val.split(256))
            total = sum(F.mse_loss(model(some_x), some_y, reduction="sum").item() for some_x, some_y in pairs)
        history["val_loss"].append(total / y_val.numel())
    return history
