# operator = "API"
# expected = {q7 = 12}
# why = "stops counting at twenty"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):

    x = torch.linspace(low, high, 4001).unsqueeze(1).requires_grad_()
    (slope,) = torch.autograd.grad(model(x).sum(), x)
    jump = (slope[1:, 0] - slope[:-1, 0]).abs() > 0.1
    return min(20, int(jump[0]) + int((jump[1:] & ~jump[:-1]).sum()))
