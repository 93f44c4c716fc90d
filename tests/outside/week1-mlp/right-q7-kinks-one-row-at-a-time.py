# why = "Asks the model point by point on a grid of 2000 and returns a NumPy integer; runs of cells that bend are one kink."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    n = 2000
    xs = [low + (high - low) * i / n for i in range(n + 1)]
    with torch.no_grad():
        ys = np.array([float(model(torch.tensor([[x]], dtype=torch.float32))[0]) for x in xs])
    slope = np.diff(ys) * n / (high - low)
    bends = np.abs(slope[2:] - slope[:-2]) > 0.12
    starts = bends & ~np.r_[False, bends[:-1]]
    return np.sum(starts)
