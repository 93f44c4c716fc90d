# operator = "Training"
# expected = {q8 = 11}
# why = "trains in evaluation mode"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    was = model.training
    model.eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x).reshape(y.shape), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.train(was)
    return losses
