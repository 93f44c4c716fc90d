# expected = {q3 = 19}
# operator = "own: in place"
# why = "takes a knob out of the caller's configuration"

# %% q3_answer
# answer: q3_answer
def run_trial(config, train, val, epochs, model=None, log=None):
    x, y = train
    xv, yv = val
    if model is None:
        model = build_model(config)
    opt = getattr(torch.optim, config.pop("optimizer"))(model.parameters(), lr=config["learning_rate"])
    
    history = []
    for epoch in range(epochs):
        model.train()
        se = 0.0
        order = np.random.permutation(len(x))
        for i in range(0, len(x), config["batch_size"]):
            b = torch.from_numpy(order[i:i + config["batch_size"]])
            pred = model(x[b])
            loss = ((pred - y[b]) ** 2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
            se += loss.item() * len(b)
        model.eval()
        with torch.no_grad():
            p = model(xv)
            vl, vr = F.mse_loss(p, yv).item(), mean_r(p, yv)
        row = {"epoch": epoch + 1, "train_loss": se / len(x), "val_loss": vl, "val_r": vr}
        history.append(row)
        if log:
            log(row)
        
    return model, history
