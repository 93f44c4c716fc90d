# operator = "equivalent"
# why = "a DataLoader over a TensorDataset, inference mode, NumPy means"

# %% q4_answer
# answer: q4_answer
def fit(model, train, val, optimizer, batch_size, epochs):
    loader = DataLoader(TensorDataset(*train), batch_size=batch_size, shuffle=True)
    train_loss, val_loss, criterion = [], [], nn.MSELoss()
    for _ in range(epochs):
        losses, sizes = [], []
        model.train(True)
        for xb, yb in loader:
            optimizer.zero_grad(set_to_none=False)
            loss = criterion(model(xb), yb)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            sizes.append(len(xb))
        train_loss.append(np.average(losses, weights=sizes))
        model.train(False)
        with torch.inference_mode():
            squares = [((model(xb) - yb) ** 2).flatten() for xb, yb in zip(val[0].split(100), val[1].split(100))]
        val_loss.append(torch.cat(squares).mean())
    return dict(train_loss=train_loss, val_loss=val_loss)
