# operator = "Model"
# expected = {q7 = 11}
# why = "a grid of 12 points"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 12).unsqueeze(1).requires_grad_()
    (s,) = torch.autograd.grad(model(x).sum(), x)
    return int(((s[1:] - s[:-1]).abs() > 0.05).sum())
