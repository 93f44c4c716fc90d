# why = "torch in float64, one window after the other, counts as Python integers"
# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    total, left, undefined, dropped = 0.0, 0, 0, 0
    for a, b in zip(torch.tensor(np.array(predicted), dtype=torch.float64), torch.tensor(np.array(observed), dtype=torch.float64)):
        if bool((b == b[0]).all()):
            dropped += 1
            continue
        left += 1
        if not bool(torch.isfinite(a).all()) or bool((a == a[0]).all()):
            undefined += 1
            continue
        total += float(torch.corrcoef(torch.stack([a - a.mean(), b - b.mean()]))[0, 1])
    return total / left, undefined, dropped
