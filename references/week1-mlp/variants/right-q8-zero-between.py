# operator = "equivalent"
# why = "cleared between forward and backward; nn.MSELoss; tuple of NumPy floats; prints and a progress bar's worth of noise"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs, verbose=True):
    import warnings
    warnings.warn("training")
    criterion = nn.MSELoss()
    opt = torch.optim.SGD((p for p in model.parameters() if p.requires_grad), lr)
    model.train()
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        y_hat = model(x)
        if y_hat.dim() == 2:
            y_hat = y_hat.squeeze(1)
        loss = criterion(y_hat, y)
        opt.zero_grad(set_to_none=False)
        loss.backward()
        opt.step()
        losses[epoch] = loss.detach()
        if verbose and epoch % 1000 == 0:
            print(epoch, loss.item())
    return losses.tolist()
