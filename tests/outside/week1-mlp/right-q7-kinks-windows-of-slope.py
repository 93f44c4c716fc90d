# why = "Slopes over short windows left and right of each place; local maxima of the jump above 0.12 separated by less than the promised gap are merged."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    N = 2000
    x = np.linspace(low, high, N + 1)
    with torch.no_grad():
        y = model(torch.tensor(x[:, None], dtype=torch.float32)).numpy().astype(np.float64)
    w = 6
    i = np.arange(w, N + 1 - w)
    jump = np.abs((y[i + w] - y[i]) - (y[i] - y[i - w])) / (x[w] - x[0])
    big = np.flatnonzero(jump > 0.13)
    if len(big) == 0:
        return 0
    return 1 + int(np.sum(np.diff(big) > 1))
