# expected = {q7 = 0}
# why = "Trains a deep copy: 'Trains the model it is given, in place'."
# %% q7_answer
# answer: q7_answer
from copy import deepcopy


def train_model(model, train_dl, val_dl, lr, epochs):
    net = deepcopy(model)
    opt = torch.optim.SGD(net.parameters(), lr=lr)
    train_losses, val_losses = [], []
    for _ in range(epochs):
        net.train()
        total, rows = 0.0, 0
        for x, y in train_dl:
            opt.zero_grad()
            loss = F.mse_loss(net(x), y)
            loss.backward()
            opt.step()
            total, rows = total + loss.item() * len(y), rows + len(y)
        train_losses.append(total / rows)
        net.eval()
        with torch.no_grad():
            val_losses.append(torch.cat([(net(x) - y) ** 2 for x, y in val_dl]).mean().item())
    return train_losses, val_losses
