# expected = {q7 = 0}
# why = "Kinks closer than 3 percent of the interval are merged: they may be as near as (high - low)/100."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 4001)
    with torch.no_grad():
        y = model(x.unsqueeze(1)).double()
    s = y.diff() / x.double().diff()
    count, last = 0, -1000
    for i in torch.nonzero((s[2:] - s[:-2]).abs() > 0.1).flatten().tolist():
        if i - last > 120:
            count += 1
        last = i
    return count
