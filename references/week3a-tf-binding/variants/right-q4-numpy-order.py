# operator = "equivalent"
# why = "NumPy's permutation, whole validation at once, gradients cleared after the step and before the first"

# %% q4_answer
# answer: q4_answer
def fit(model, train, val, optimizer, batch_size, epochs):
    losses = {"train_loss": [], "val_loss": [], "epochs": epochs}
    x, y = train
    model.zero_grad(set_to_none=True)
    for epoch in range(epochs):
        model.train(True)
        order, squares = np.random.permutation(len(x)), 0.0
        for start in range(0, len(order), batch_size):
            some = torch.as_tensor(order[start : start + batch_size])
            error = model(x[some]) - y[some]
            squares += float((error.detach() ** 2).sum())
            error.pow(2).mean().backward()
            optimizer.step()
            model.zero_grad()
        losses["train_loss"].append(squares / y.numel())
        with torch.inference_mode():
            model.eval()
            losses["val_loss"].append(nn.MSELoss()(model(val[0]), val[1]).item())
    return losses
