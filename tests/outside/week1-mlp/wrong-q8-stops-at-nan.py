# expected = {q8 = 0}
# why = "Breaks out when the loss is no longer finite: fewer than epochs losses from a diverging run; the contract says a list of `epochs` floats."
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
