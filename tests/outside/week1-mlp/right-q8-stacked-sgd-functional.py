# why = "torch.func-style: a dictionary of trainable parameters and functional_call, written back in place at each step."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    names = {name: p for name, p in model.named_parameters() if p.requires_grad}
    losses = []
    for _ in range(epochs):
        loss = (torch.flatten(model(x)) - y).square().mean()
        grads = torch.autograd.grad(loss, list(names.values()), allow_unused=True)
        for p, g in zip(names.values(), grads):
            if g is not None:
                p.data = p.data - lr * g
        losses.append(float(loss.detach()))
    return losses
