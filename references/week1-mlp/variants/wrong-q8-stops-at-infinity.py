# operator = "own: contract"
# expected = {q8 = 11.5}
# why = "ends when the loss is no number any more"

# %% q8_answer
# answer: q8_answer
import math


def train(model, x, y, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        if not math.isfinite(loss.item()):
            break
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
