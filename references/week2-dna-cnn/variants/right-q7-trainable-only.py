# why = "an optimizer of the parameters that learn, 0-d tensors for losses, inference mode"

# %% q7_answer
# answer: q7_answer
def squares(model, x, y):
    return (model(x) - y).square()


def train_model(model, train_dl, val_dl, lr, epochs):
    sgd = torch.optim.SGD((p for p in model.parameters() if p.requires_grad), lr, foreach=True)
    train_losses, val_losses = [], []
    for _ in range(epochs):
        model.train()
        seen = []
        for x, y in train_dl:
            errors = squares(model, x, y)
            sgd.zero_grad(set_to_none=True)
            errors.mean().backward()
            sgd.step()
            seen.append(errors.detach())
        train_losses.append(torch.cat(seen).double().mean())
        with torch.inference_mode():
            val_losses.append(torch.cat([squares(model.eval(), x, y) for x, y in val_dl]).double().mean())
    return [train_losses, val_losses]
