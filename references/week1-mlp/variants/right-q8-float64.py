# operator = "equivalent"
# why = "computes in float64 and writes back"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    model.double()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        loss = ((model(x.double()).view(-1) - y.double()) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.float()
    return losses
