# at_most = true
# expected = {q4 = 11}
# operator = "Training"
# why = "the weights of the best validation epoch are restored"

# %% q4_answer
# answer: q4_answer
def fit(model, train, val, optimizer, batch_size, epochs):
    """Train in place, validate after every epoch; return the history of both losses."""
    (x, y), (x_val, y_val) = train, val
    history = {"train_loss": [], "val_loss": []}
    for _ in range(epochs):
        model.train()
        total = 0.0
        for rows in torch.randperm(len(x), device=x.device).split(batch_size):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        history["train_loss"].append(total / len(x))

        model.eval()
        with torch.no_grad():
            pairs = zip(x_val.split(256), y_val.split(256))
            total = sum(F.mse_loss(model(some_x), some_y, reduction="sum").item() for some_x, some_y in pairs)
        history["val_loss"].append(total / y_val.numel())
        if history["val_loss"][-1] == min(history["val_loss"]):
            best = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(best)
    return history
