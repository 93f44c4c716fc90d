# operator = "equivalent"
# why = "DataLoader and TensorDataset, validation in batches by another loader, F.mse_loss by hand"

# %% q3_answer
# answer: q3_answer
from torch.utils.data import DataLoader, TensorDataset


def run_trial(config, train, val, epochs, model=None, log=None):
    loader = DataLoader(TensorDataset(*train), batch_size=config["batch_size"], shuffle=True)
    val_loader = DataLoader(TensorDataset(*val), batch_size=3)
    if model is None:
        model = build_model(config)
    if config["optimizer"] == "Adam":
        optimizer = torch.optim.Adam(model.parameters(), config["learning_rate"])
    else:
        optimizer = torch.optim.SGD(model.parameters(), config["learning_rate"])
    history = []
    for epoch in range(epochs):
        model.train()
        squares = 0.0
        for x, y in loader:
            loss = (model(x) - y).square().mean()
            model.zero_grad()
            loss.backward()
            optimizer.step()
            squares += float(loss) * x.shape[0]
        model.eval()
        with torch.inference_mode():
            guesses = torch.cat([model(x) for x, _ in val_loader])
        history.append({
            "epoch": epoch + 1,
            "train_loss": squares / len(train[0]),
            "val_loss": float(((guesses - val[1]) ** 2).mean()),
            "val_r": mean_r(guesses, val[1]),
            "lr": config["learning_rate"],
        })
        if log:
            log(history[-1])
    return model, history
