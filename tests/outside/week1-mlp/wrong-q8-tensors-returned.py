# expected = {q8 = 0}
# why = "The list holds loss tensors that drag their graphs along: contract 'a list of epochs plain Python floats'."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        opt.step()
        losses.append(loss)
    return losses
