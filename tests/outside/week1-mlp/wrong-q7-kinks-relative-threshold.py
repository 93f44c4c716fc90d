# expected = {q7 = 0}
# why = "Calls a change a kink if it exceeds 10 percent of the steepest slope: slopes 9 -> 9.26 (change 0.26 >= 0.25) are missed."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 4001)
    with torch.no_grad():
        y = model(x.unsqueeze(1)).double()
    s = y.diff() / x.double().diff()
    hot = (s[2:] - s[:-2]).abs() > 0.1 * max(1.0, float(s.abs().max()))
    return int(hot[0]) + int((hot[1:] & ~hot[:-1]).sum())
