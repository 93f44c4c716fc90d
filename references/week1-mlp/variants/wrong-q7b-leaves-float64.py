# operator = "Tensors & Input"
# expected = {q7 = 13}
# why = "leaves the model in float64"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    model.double()
    x = torch.linspace(low, high, 4001, dtype=torch.float64).unsqueeze(1).requires_grad_()
    (slope,) = torch.autograd.grad(model(x).sum(), x)
    jump = (slope[1:, 0] - slope[:-1, 0]).abs() > 0.1
    return int(jump[0]) + int((jump[1:] & ~jump[:-1]).sum())
