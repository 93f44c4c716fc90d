# operator = "Model"
# expected = {q7 = 12}
# why = "asks for a change of slope of 0.35: smaller kinks are not seen"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    """Return the number of kinks of a piecewise linear model strictly between low and high."""
    x = torch.linspace(low, high, 4001).unsqueeze(1).requires_grad_()
    (slope,) = torch.autograd.grad(model(x).sum(), x)  # exact on each side of a kink, unlike differences
    jump = (slope[1:, 0] - slope[:-1, 0]).abs() > 0.35
    return int(jump[0]) + int((jump[1:] & ~jump[:-1]).sum())  # neighbouring jumps are one kink
