# expected = {q7 = 0}
# why = "A grid of 150 points: two kinks may be one hundredth of the interval apart, 1.5 cells, and are taken for one."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 150)
    with torch.no_grad():
        y = model(x.unsqueeze(1)).double()
    s = y.diff() / x.diff()
    hot = (s[2:] - s[:-2]).abs() > 0.1
    return int(hot[0]) + int((hot[1:] & ~hot[:-1]).sum())
