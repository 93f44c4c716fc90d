# why = "Makes y a column to fit a (m, 1) output and compares (m,) outputs as columns too."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    column = y.unsqueeze(1)
    losses = []
    for _ in range(epochs):
        for p in model.parameters():
            p.grad = None
        out = model(x)
        error = (out if out.ndim == 2 else out.unsqueeze(1)) - column
        loss = (error * error).sum() / len(x)
        loss.backward()
        for p in model.parameters():
            if p.grad is not None:
                p.data.add_(p.grad, alpha=-lr)
        losses.append(loss.detach().item())
    return losses
