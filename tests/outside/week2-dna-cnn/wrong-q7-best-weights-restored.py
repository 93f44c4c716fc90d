# expected = {q7 = 0}
# why = "Puts the weights of the best validation epoch back at the end: 'Validation changes nothing: with other validation rows the very same weights come out'."
# %% q7_answer
# answer: q7_answer
import copy


def train_model(model, train_dl, val_dl, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    train_losses, val_losses, best = [], [], None
    for _ in range(epochs):
        model.train()
        total, rows = 0.0, 0
        for x, y in train_dl:
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            total, rows = total + loss.item() * len(y), rows + len(y)
        train_losses.append(total / rows)
        model.eval()
        with torch.no_grad():
            val_losses.append(torch.cat([(model(x) - y) ** 2 for x, y in val_dl]).mean().item())
        if val_losses[-1] == min(val_losses):
            best = copy.deepcopy(model.state_dict())
    if best is not None:
        model.load_state_dict(best)
    return train_losses, val_losses
