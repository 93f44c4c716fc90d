# operator = "Training"
# expected = {q8 = 11.5}
# why = "lists the smallest loss so far: a loss that grows does not show"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x).reshape(y.shape), y)
        loss.backward()
        optimizer.step()
        losses.append(min([loss.item(), *losses[-1:]]))
    return losses
