# expected = {q7 = 0}
# why = "Counts every change of the slope, however small, as a kink: 'Float32 rounds, so equal slopes are equal only nearly' (a straight line with slope 7 has none)."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 4001)
    with torch.no_grad():
        y = model(x.unsqueeze(1))
    s = (y[2:] - y[:-2]) / (x[2:] - x[:-2])
    changed = (s[1:] != s[:-1]).int()
    return int(((changed[1:] == 1) & (changed[:-1] == 0)).sum())
