# why = "losses as tensors that still hang on their graph, and weights of batches as NumPy counts"

# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    train_losses, val_losses = [], []
    for epoch in range(epochs):
        model.train(True)
        losses, sizes = [], []
        for batch in train_dl:
            x, y = batch
            for p in model.parameters():
                p.grad = None
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            for p in model.parameters():
                if p.grad is not None:
                    p.data.add_(p.grad, alpha=-lr)
            losses.append(loss)
            sizes.append(len(y))
        train_losses.append(sum(n * loss for n, loss in zip(sizes, losses)) / sum(sizes))
        model.train(False)
        with torch.no_grad():
            sums = [((model(x) - y) ** 2).sum() for x, y in val_dl]
            val_losses.append(sum(sums) / sum(len(y) for _, y in val_dl))
    return train_losses, val_losses
