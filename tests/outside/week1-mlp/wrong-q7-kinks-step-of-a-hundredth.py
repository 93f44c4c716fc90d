# expected = {q7 = 0}
# why = "A grid with step 0.01: in an interval 2 wide two kinks may be 0.02 apart, two cells, and run together."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.arange(low, high, 0.01)
    with torch.no_grad():
        y = model(x.unsqueeze(1)).double()
    s = y.diff() / x.double().diff()
    hot = (s[2:] - s[:-2]).abs() > 0.1
    return int(hot[0]) + int((hot[1:] & ~hot[:-1]).sum())
