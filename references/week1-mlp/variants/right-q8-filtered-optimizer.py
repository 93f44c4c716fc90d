# operator = "equivalent"
# why = "optimizer of the trainable parameters, model.zero_grad(), loss by hand"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(filter(lambda p: p.requires_grad, model.parameters()), lr)
    history = []
    for epoch in range(epochs):
        y_hat = model(x)
        if y_hat.dim() == 2:
            y_hat = y_hat[:, 0]
        loss = torch.mean((y_hat - y) ** 2)
        model.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.detach().item())
    return history
