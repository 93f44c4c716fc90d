# expected = {q8 = 0}
# why = "Steps on batches of 32 rows (right for up to 32 rows, since one batch then): 'one step ... with all rows at once'; wrong for 50 rows."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for i in range(0, len(x), 32):
            opt.zero_grad()
            loss = F.mse_loss(model(x[i : i + 32]).flatten(), y[i : i + 32])
            loss.backward()
            opt.step()
            total += loss.item() * len(x[i : i + 32])
        losses.append(total / len(x))
    return losses
