# operator = "Training"
# expected = {q8 = 11.5}
# why = "the learning rate drops after 200 epochs"

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.StepLR(opt, step_size=200, gamma=0.1)
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = F.mse_loss(model(x).flatten(), y)
        loss.backward()
        opt.step()
        schedule.step()
        losses.append(loss.item())
    return losses
