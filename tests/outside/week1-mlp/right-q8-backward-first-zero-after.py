# why = "zero_grad before the loop and again after every step: another order that learns."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr)
    optimizer.zero_grad()
    history = []
    for epoch in range(epochs):
        y_hat = model(x)
        if y_hat.dim() > 1:
            y_hat = y_hat[:, 0]
        loss = nn.MSELoss()(y_hat, y)
        history += [float(loss)]
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return history
