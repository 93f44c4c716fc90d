# why = "helper functions, zero_grad after the step and once before the first, history of Python floats built as a list of pairs"
# %% q4_answer
# answer: q4_answer
def _one_epoch(model, x, y, optimizer, batch_size):
    model.train()
    order = torch.randperm(len(x), device=x.device)
    total = torch.zeros((), dtype=torch.float64, device=x.device)
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        error = model(x[rows]) - y[rows]
        loss = error.square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total += error.detach().double().square().sum()
    return float(total) / y.numel()


@torch.no_grad()
def _measure(model, x, y):
    model.eval()
    return float(np.average([F.mse_loss(model(a), b).item() for a, b in zip(x.split(100), y.split(100))], weights=[len(a) for a in x.split(100)]))


def fit(model, train, val, optimizer, batch_size, epochs):
    optimizer.zero_grad()
    rows = [(_one_epoch(model, *train, optimizer, batch_size), _measure(model, *val)) for _ in range(epochs)]
    return {"train_loss": [a for a, _ in rows], "val_loss": [b for _, b in rows]}
