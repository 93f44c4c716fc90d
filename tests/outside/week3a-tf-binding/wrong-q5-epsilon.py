# expected = {q5 = 0}
# why = "adds 1e-8 to the denominator: predictions of 1e-9 times the track get r near 0 or wrong in the first digits; the contract: Pearson r, four correct digits"
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
        r[i] = a @ b / (np.sqrt((a @ a) * (b @ b)) + 1e-6)
    return float(r.mean()), int(bad.sum()), int((~keep).sum())
