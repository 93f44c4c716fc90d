# why = "Gradients by autograd.grad for the trainable parameters, allow_unused, step by hand."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    params = [p for p in model.parameters() if p.requires_grad]
    losses = []
    for _ in range(epochs):
        loss = torch.mean((model(x).view(-1) - y) ** 2)
        grads = torch.autograd.grad(loss, params, allow_unused=True)
        with torch.no_grad():
            for p, g in zip(params, grads):
                if g is not None:
                    p.sub_(lr * g)
        losses.append(loss.item())
    return losses
