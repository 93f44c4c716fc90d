# why = "The exact slope of f at each of 4000 grid points by autograd; neighbours that differ by more than 0.1 enclose one kink each."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 4001)[1:-1].unsqueeze(1).requires_grad_(True)
    (slope,) = torch.autograd.grad(model(x).sum(), x)
    return int((slope[1:] - slope[:-1]).abs().gt(0.1).sum())
