# why = "squared errors kept per window and averaged in float64; own Pearson r in NumPy; rows by a local function"
# %% q3_answer
# answer: q3_answer
def run_trial(config, train, val, epochs, model=None, log=None):
    model = build_model(config) if model is None else model
    kinds = dict(SGD=torch.optim.SGD, Adam=torch.optim.Adam)
    optimizer = kinds[config["optimizer"]](params=list(model.parameters()), lr=config["learning_rate"])
    (x, y), (x_val, y_val) = train, val
    size = config["batch_size"]

    def judged(epoch, errors):
        model.eval()
        with torch.inference_mode():
            p = torch.cat([model(x_val[i : i + 64]) for i in range(0, len(x_val), 64)]).double().numpy()
        o = y_val.double().numpy()
        r = []
        for a, b in zip(p, o):
            if not np.isfinite(a).all() or np.ptp(a) <= 1e-6 * np.abs(a).max() or np.ptp(b) == 0:
                r.append(0.0)
            else:
                r.append(float(np.corrcoef(a, b)[0, 1]))
        return {"epoch": epoch, "train_loss": float(np.mean(errors)), "val_loss": float(((p - o) ** 2).mean()), "val_r": float(np.mean(r))}

    history = []
    for epoch in range(1, epochs + 1):
        model.train()
        errors = []
        order = torch.randperm(len(x))
        for start in range(0, len(x), size):
            rows = order[start : start + size]
            model.zero_grad()
            optimizer.zero_grad()
            squares = (model(x[rows]) - y[rows]) ** 2
            squares.mean().backward()
            errors.extend(squares.detach().double().mean(dim=1).tolist())
            optimizer.step()
        history.append(judged(epoch, errors))
        if log is not None:
            log(history[-1])
    return model, history
