# operator = "Tensors & Input"
# expected = {q8 = 8}
# why = "freezes the model when it is trained"

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
        losses.append(loss.item())
    model.requires_grad_(False)
    return losses
