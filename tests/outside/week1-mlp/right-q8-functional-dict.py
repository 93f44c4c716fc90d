# why = "Loss in a closure for optimizer.step(closure), which returns the loss before the step."
# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trainable, lr=lr, momentum=0)

    def closure():
        model.zero_grad(set_to_none=True)
        loss = F.mse_loss(model(x).reshape(y.shape), y, reduction="sum") / y.numel()
        loss.backward()
        return loss

    return [optimizer.step(closure).item() for _ in range(epochs)]
