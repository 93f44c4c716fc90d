# operator = "Training"
# expected = {q8 = 11}
# why = "seeds the generator: dropout falls on the same neurons in every training"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    torch.manual_seed(0)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x).reshape(y.shape), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
