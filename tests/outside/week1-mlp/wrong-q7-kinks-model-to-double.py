# expected = {q7 = 0}
# why = "model.double() for exact slopes turns the caller's model into float64 for good: 'arguments are left as they were' (and the next float32 call fails)."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    model = model.double()
    x = torch.linspace(low, high, 4001, dtype=torch.float64)
    with torch.no_grad():
        y = model(x.unsqueeze(1))
    s = y.diff() / x.diff()
    hot = (s[2:] - s[:-2]).abs() > 0.1
    return int(hot[0]) + int((hot[1:] & ~hot[:-1]).sum())
