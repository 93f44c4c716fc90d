# operator = "HBS"
# expected = {q8 = 11.5}
# why = "beyond 1000 rows it takes the first 1000"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    x, y = x[:1000], y[:1000]
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x).reshape(y.shape), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
