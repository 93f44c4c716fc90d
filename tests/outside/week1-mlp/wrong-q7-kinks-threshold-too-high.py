# expected = {q7 = 0}
# why = "Only slope changes above 0.5 count: 'at a kink the slope changes by at least 0.25'."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 4001)
    with torch.no_grad():
        y = model(x.unsqueeze(1)).double()
    s = y.diff() / x.double().diff()
    hot = (s[2:] - s[:-2]).abs() > 0.5
    return int(hot[0]) + int((hot[1:] & ~hot[:-1]).sum())
