# expected = {q7 = 0}
# why = "Compares neighbouring cells: 'whoever compares neighbouring cells sees one kink twice' when it is not on a grid point."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 4001)
    with torch.no_grad():
        y = model(x.unsqueeze(1)).double()
    slope = (y[1:] - y[:-1]) / (x[1:] - x[:-1])
    return int(((slope[1:] - slope[:-1]).abs() > 0.05).sum())
