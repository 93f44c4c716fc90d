# operator = "Model"
# expected = {q7 = 9}
# why = "counts the straight pieces"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 4001).unsqueeze(1).requires_grad_()
    (s,) = torch.autograd.grad(model(x).sum(), x)
    return 1 + int(((s[1:] - s[:-1]).abs() > 0.05).sum())
