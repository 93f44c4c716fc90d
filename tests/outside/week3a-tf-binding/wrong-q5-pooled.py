# expected = {q5 = 0}
# why = "one correlation over all positions of all windows; the contract: the mean of r over the windows"
# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    p, o = np.array(predicted, dtype=np.float64), np.array(observed, dtype=np.float64)
    keep = o.max(axis=1) != o.min(axis=1)
    p, o = p[keep], o[keep]
    bad = ~np.isfinite(p).all(axis=1) | (p.max(axis=1) == p.min(axis=1))
    r = np.zeros(len(p))
    for i in np.flatnonzero(~bad):
        a, b = p[i] - p[i].mean(), o[i] - o[i].mean()
        r[i] = a @ b / np.sqrt((a @ a) * (b @ b))
    return float(np.corrcoef(p[~bad].ravel(), o[~bad].ravel())[0, 1]) if (~bad).any() else 0.0, int(bad.sum()), int((~keep).sum())
