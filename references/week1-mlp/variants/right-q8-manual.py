# operator = "equivalent"
# why = "autograd.grad and updates by hand, no optimizer"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    history = []
    learned = [p for p in model.parameters() if p.requires_grad]
    for epoch in range(epochs):
        error = model(x).flatten() - y.flatten()
        loss = (error * error).mean()
        grads = torch.autograd.grad(loss, learned)
        with torch.no_grad():
            for p, g in zip(learned, grads):
                p.sub_(lr * g)
        history.append(float(loss))
    return history
