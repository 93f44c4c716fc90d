# operator = "OCH"
# expected = {q8 = 10}
# why = "one optimizer per model, made with the first lr"

# %% q8_answer
# answer: q8_answer
_optimizers = {}


def train(model, x, y, lr, epochs):
    optimizer = _optimizers.get(id(model))
    if optimizer is None or len(optimizer.param_groups[0]["params"]) != len(list(model.parameters())) or any(
        p is not q for p, q in zip(optimizer.param_groups[0]["params"], model.parameters())
    ):
        optimizer = _optimizers[id(model)] = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x).reshape(y.shape), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
