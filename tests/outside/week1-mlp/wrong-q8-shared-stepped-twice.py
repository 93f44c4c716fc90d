# expected = {q8 = 0}
# why = "Steps module by module, so a layer's tensor that is shared by two layers takes two steps per epoch: not one step of plain SGD."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    losses = []
    for _ in range(epochs):
        model.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        with torch.no_grad():
            for module in [model, *(m for _, m in model.named_modules(remove_duplicate=False) if m is not model)]:
                for p in module.parameters(recurse=False):
                    if p.requires_grad and p.grad is not None:
                        p -= lr * p.grad
        losses.append(loss.item())
    return losses
