# expected = {q8 = 0}
# why = "Puts the weights with the smallest loss back at the end ('best model'): in a diverging run the model is not where the steps led."
# %% q8_answer
# answer: q8_answer
import copy


def train(model, x, y, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses, best, kept = [], float("inf"), copy.deepcopy(model.state_dict())
    for _ in range(epochs):
        opt.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        if loss.item() < best:
            best, kept = loss.item(), copy.deepcopy(model.state_dict())
        loss.backward()
        opt.step()
        losses.append(loss.item())
    model.load_state_dict(kept)
    return losses
