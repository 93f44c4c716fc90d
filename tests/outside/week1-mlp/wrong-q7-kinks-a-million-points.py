# expected = {q7 = 0}
# why = "A grid of a million points: float32 steps in y/h are larger than the slopes (h = 1e-5, rounding of |f| up to 50 about 4e-6), so noise counts as kinks."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 1_000_001)
    with torch.no_grad():
        y = model(x.unsqueeze(1))
    s = y.diff() / x.diff()
    hot = (s[2:] - s[:-2]).abs() > 0.1
    return int(hot[0]) + int((hot[1:] & ~hot[:-1]).sum())
