# expected = {q8 = 0}
# why = "(m, 1) minus (m,) is an (m, m) table: 'Compare row with row in both cases'; wrong for a model that does not squeeze."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
