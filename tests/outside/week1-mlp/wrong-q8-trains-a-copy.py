# expected = {q8 = 0}
# why = "Trains a deepcopy: 'Trains the model it is given, in place'; the losses are right, the model unchanged."
# %% q8_answer
# answer: q8_answer
import copy


def train(model, x, y, lr, epochs):
    model = copy.deepcopy(model)
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
