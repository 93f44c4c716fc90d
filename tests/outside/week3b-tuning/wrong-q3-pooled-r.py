# expected = {q3 = 0}
# why = "one r over all numbers of all windows; the contract: the mean over the windows of r"
# %% q3_answer
# answer: q3_answer
def run_trial(config, train, val, epochs, model=None, log=None):
    """Train a network by the rules of a configuration; return it and its history, a row per epoch."""
    model = build_model(config) if model is None else model
    make = {"SGD": torch.optim.SGD, "Adam": torch.optim.Adam}[config["optimizer"]]
    optimizer = make(model.parameters(), lr=config["learning_rate"])
    (x, y), history = train, []
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        for rows in torch.randperm(len(x)).split(config["batch_size"]):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x[rows]), y[rows])
            loss.backward()
            total += loss.item() * len(rows)
            optimizer.step()
        model.eval()
        with torch.no_grad():
            parts = [model(some) for some in val[0].split(256)]
        predicted = torch.cat(parts)
        row = {"epoch": epoch, "train_loss": total / len(x), "val_loss": F.mse_loss(predicted, val[1]).item(), "val_r": mean_r(predicted.reshape(1, -1), val[1].reshape(1, -1))}
        history.append(row)
        if log is not None:
            log(dict(row))
    return model, history
