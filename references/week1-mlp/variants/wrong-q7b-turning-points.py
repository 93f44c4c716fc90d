# operator = "Model"
# expected = {q7 = 12}
# why = "counts changes of the slope's sign only"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 2001).unsqueeze(1)
    with torch.no_grad():
        f = model(x).double()
    slope = (f[1:] - f[:-1]) / ((high - low) / 2000)
    s = torch.sign(torch.where(slope.abs() < 1e-2, torch.zeros(()).double(), slope))
    return int((s[1:] != s[:-1]).sum())
