# operator = "Model"
# expected = {q7 = 10}
# why = "finite differences, every change counted: a kink inside a cell twice"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 2001).unsqueeze(1)
    with torch.no_grad():
        f = model(x).double()
    slope = (f[1:] - f[:-1]) / ((high - low) / 2000)
    return int(((slope[1:] - slope[:-1]).abs() > 0.05).sum())
