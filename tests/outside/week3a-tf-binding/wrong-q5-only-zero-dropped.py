# expected = {q5 = 0}
# why = "drops windows of zeros only; the contract: constant (all values equal), so a track of 2.5 everywhere counts as dropped"
# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    p, o = np.array(predicted, dtype=np.float64), np.array(observed, dtype=np.float64)
    keep = o.any(axis=1)
    p, o = p[keep], o[keep]
    bad = ~np.isfinite(p).all(axis=1) | (p.max(axis=1) == p.min(axis=1))
    r = np.zeros(len(p))
    for i in np.flatnonzero(~bad):
        a, b = p[i] - p[i].mean(), o[i] - o[i].mean()
        r[i] = 0.0 if not (b @ b) else a @ b / np.sqrt((a @ a) * (b @ b))
    return float(r.mean()), int(bad.sum()), int((~keep).sum())
