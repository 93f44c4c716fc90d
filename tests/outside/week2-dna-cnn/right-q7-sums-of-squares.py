# why = "Accumulates sums of squared errors and rows; zero_grad after the step but None before the loop."
# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    optimizer.zero_grad(set_to_none=True)
    train_losses, val_losses = [], []
    for epoch in range(epochs):
        model.train()
        total, rows = 0.0, 0
        for x, y in train_dl:
            error = (model(x) - y).pow(2)
            error.mean().backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            total += error.sum().item()
            rows += x.shape[0]
        train_losses.append(total / rows)
        model.eval()
        with torch.inference_mode():
            squares = torch.cat([(model(x) - y) ** 2 for x, y in val_dl])
        val_losses.append(squares.mean().item())
    return train_losses, val_losses
