# why = "a function for a pass, tqdm, a new optimizer every epoch, arrays returned"

# %% q7_answer
# answer: q7_answer
from tqdm.auto import tqdm


def one_pass(model, loader, optimizer=None):
    model.train(optimizer is not None)
    sums, count = 0.0, 0
    with torch.set_grad_enabled(optimizer is not None):
        for x, y in loader:
            loss = nn.MSELoss()(model(x), y)
            if optimizer is not None:
                optimizer.zero_grad(set_to_none=False)
                loss.backward()
                optimizer.step()
            sums, count = sums + float(loss) * x.size(0), count + x.size(0)
    return sums / count


def train_model(model, train_dl, val_dl, lr, epochs):
    losses = []
    for _ in tqdm(range(epochs), disable=True):
        train_loss = one_pass(model, train_dl, torch.optim.SGD(model.parameters(), lr=lr))
        losses.append((train_loss, one_pass(model, val_dl)))
    print("done")
    both = np.array(losses).reshape(-1, 2).T
    model.train()
    return both[0], both[1]
