# expected = {q8 = 0}
# why = "y.unsqueeze(1) always: fits (m, 1) models, but a squeezed (m,) output against (m, 1) is a table again."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = ((model(x) - y.unsqueeze(1)) ** 2).mean()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
