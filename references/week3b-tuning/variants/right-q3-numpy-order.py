# operator = "equivalent"
# why = "order by NumPy, losses summed over all numbers, optimizer by name, set_to_none"

# %% q3_answer
# answer: q3_answer
def run_trial(config, train, val, epochs, model=None, log=None):
    model = model or build_model(config)
    optimizer = getattr(torch.optim, config["optimizer"])(model.parameters(), lr=config["learning_rate"])
    x, y = train
    rows = []
    for epoch in range(1, epochs + 1):
        order = np.random.permutation(len(x))
        model.train()
        squares = []
        for start in range(0, len(x), config["batch_size"]):
            batch = torch.as_tensor(order[start : start + config["batch_size"]])
            residual = model(x[batch]) - y[batch]
            optimizer.zero_grad(set_to_none=True)
            (residual**2).mean().backward()
            optimizer.step()
            squares.append((residual.detach() ** 2).mean(dim=1))
        with torch.no_grad():
            model.train(False)
            predicted = model(val[0])
            row = dict(
                epoch=epoch,
                train_loss=torch.cat(squares).mean().item(),
                val_loss=nn.MSELoss()(predicted, val[1]).item(),
                val_r=mean_r(predicted, val[1]),
            )
        rows.append(row)
        log and log(row)
    return model, rows
