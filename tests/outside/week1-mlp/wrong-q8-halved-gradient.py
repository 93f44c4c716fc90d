# expected = {q8 = 0}
# why = "Trains on half the mse (the lecture's g) while reporting the mse: 'its true gradient: autograd keeps the 2'."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        (0.5 * loss).backward()
        opt.step()
        losses.append(loss.item())
    return losses
