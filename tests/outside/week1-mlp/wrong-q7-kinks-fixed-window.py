# expected = {q7 = 0}
# why = "Always looks at a window one wider on both sides, so kinks outside are counted; 'strictly between low and high'."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low - 1, high + 1, 6001)
    with torch.no_grad():
        y = model(x.unsqueeze(1)).double()
    s = y.diff() / x.double().diff()
    hot = (s[2:] - s[:-2]).abs() > 0.1
    return int(hot[0]) + int((hot[1:] & ~hot[:-1]).sum())
