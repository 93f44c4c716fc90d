# operator = "equivalent"
# why = "autograd slopes, changes counted, 0-d tensor out"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 5000)[:, None].requires_grad_(True)
    model(x).sum().backward()
    return (torch.diff(x.grad[:, 0]).abs() > 1e-2).sum()
