# why = "a DataLoader over a TensorDataset; sums of squared errors divided by the number of numbers at the end; optimizer.zero_grad(set_to_none=False)"
# %% q4_answer
# answer: q4_answer
def fit(model, train, val, optimizer, batch_size, epochs):
    loader = DataLoader(TensorDataset(*train), batch_size=batch_size, shuffle=True, drop_last=False)
    history = {"train_loss": [], "val_loss": []}
    criterion = nn.MSELoss()
    for epoch in range(epochs):
        squares, numbers = 0.0, 0
        model.train()
        for x, y in loader:
            optimizer.zero_grad(set_to_none=False)
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            squares += loss.item() * y.numel()
            numbers += y.numel()
        history["train_loss"].append(squares / numbers)
        model.eval()
        squares = 0.0
        with torch.inference_mode():
            for x, y in DataLoader(TensorDataset(*val), batch_size=512):
                squares += float(((model(x) - y) ** 2).sum(dtype=torch.float64))
        history["val_loss"].append(squares / val[1].numel())
    return history
