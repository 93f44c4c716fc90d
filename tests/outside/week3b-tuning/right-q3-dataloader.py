# why = "DataLoader and TensorDataset, a table of optimizers, deep copies of rows for the log"
# %% q3_answer
# answer: q3_answer
from torch.utils.data import DataLoader, TensorDataset


def run_trial(config, train, val, epochs, model=None, log=None):
    if model is None:
        model = build_model(config)
    if config["optimizer"] == "SGD":
        optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"])
    else:
        optimizer = torch.optim.Adam(model.parameters(), lr=config["learning_rate"])
    loader = DataLoader(TensorDataset(*train), batch_size=config["batch_size"], shuffle=True)
    criterion = nn.MSELoss()
    history = []
    for epoch in range(epochs):
        model.train()
        running = 0.0
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = criterion(model(xb), yb)
            loss.backward()
            optimizer.step()
            running += loss.item() * xb.size(0)
        model.eval()
        with torch.no_grad():
            out = torch.cat([model(xb) for (xb,) in DataLoader(TensorDataset(val[0]), batch_size=200)])
        history.append({"epoch": epoch + 1, "train_loss": running / len(loader.dataset), "val_loss": criterion(out, val[1]).item(), "val_r": mean_r(out, val[1])})
        if log:
            log(history[-1].copy())
    return model, history
