# expected = {q8 = 0}
# why = "Divides lr by 10 after 200 epochs: plain SGD with the given lr is asked (seen only in longer runs, 300 epochs)."
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
