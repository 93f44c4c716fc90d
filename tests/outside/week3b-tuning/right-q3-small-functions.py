# why = "small functions, reductions of sums, validation in chunks of 50 with torch.no_grad as decorator"
# %% q3_answer
# answer: q3_answer
def _optimizer(config, model):
    lr = config["learning_rate"]
    return torch.optim.SGD(model.parameters(), lr) if config["optimizer"] == "SGD" else torch.optim.Adam(model.parameters(), lr)


def _train(model, optimizer, x, y, size):
    model.train()
    total = 0.0
    for rows in torch.split(torch.randperm(x.shape[0]), size):
        prediction = model(x[rows])
        loss = F.mse_loss(prediction, y[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        total += F.mse_loss(prediction.detach(), y[rows], reduction="sum").item()
        optimizer.step()
    return total / y.numel()


@torch.no_grad()
def _judge(model, x, y):
    model.eval()
    prediction = torch.cat([model(part) for part in x.split(50)])
    return {"val_loss": (prediction - y).square().mean().item(), "val_r": mean_r(prediction, y)}


def run_trial(config, train, val, epochs, model=None, log=None):
    model = model if model is not None else build_model(config)
    optimizer, history = _optimizer(config, model), []
    for epoch in range(epochs):
        row = {"epoch": epoch + 1, "train_loss": _train(model, optimizer, *train, config["batch_size"]), **_judge(model, *val)}
        history.append(row)
        if log is not None:
            log(row)
    return model, history
