# operator = "Training"
# expected = {q8 = 11.5}
# why = "takes no more steps once the loss is ten times the first"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x).reshape(y.shape), y)
        loss.backward()
        if losses and loss.item() > 10 * losses[0]:
            losses.append(losses[-1])
            continue
        optimizer.step()
        losses.append(loss.item())
    return losses
