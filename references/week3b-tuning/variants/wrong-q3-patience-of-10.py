# expected = {q3 = 18}
# at_most = true
# operator = "own: validation leaks"
# why = "stops 10 epochs after the highest val_r, and repeats the last row"

# %% q3_answer
# answer: q3_answer
def run_trial(config, train, val, epochs, model=None, log=None):
    """Train a network by the rules of a configuration; return it and its history, a row per epoch."""
    (x, y), (x_val, y_val) = train, val
    model = build_model(config) if model is None else model
    optimizer_class = {"SGD": torch.optim.SGD, "Adam": torch.optim.Adam}[config["optimizer"]]
    optimizer = optimizer_class(model.parameters(), lr=config["learning_rate"])
    history = []
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        for rows in torch.randperm(len(y)).split(config["batch_size"]):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        model.eval()
        with torch.no_grad():
            predicted = torch.cat([model(some) for some in x_val.split(256)])
            val_loss = F.mse_loss(predicted, y_val).item()
        row = {"epoch": epoch, "train_loss": total / len(y), "val_loss": val_loss, "val_r": mean_r(predicted, y_val)}
        history.append(row)
        if log is not None:
            log(row)
        if epoch - max(history, key=lambda row: row["val_r"])["epoch"] >= 10:
            history += [{**row, "epoch": e} for e in range(epoch + 1, epochs + 1)]
            break
    return model, history
