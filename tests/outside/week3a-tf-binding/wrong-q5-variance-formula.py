# expected = {q5 = 0}
# why = "mean of squares minus square of the mean: 10,000.1, 10,000.2, … in float32 sums lose all digits; the contract: four correct digits"
# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    p, o = np.array(predicted, dtype=np.float64), np.array(observed, dtype=np.float64)
    keep = o.max(axis=1) != o.min(axis=1)
    p, o = p[keep], o[keep]
    bad = ~np.isfinite(p).all(axis=1) | (p.max(axis=1) == p.min(axis=1))
    r = np.zeros(len(p))
    for i in np.flatnonzero(~bad):
        a, b = p[i].astype(np.float32), o[i].astype(np.float32)
        r[i] = ((a * b).mean() - a.mean() * b.mean()) / max(1e-12, np.sqrt(abs((a * a).mean() - a.mean() ** 2) * abs((b * b).mean() - b.mean() ** 2)))
    return float(r.mean()), int(bad.sum()), int((~keep).sum())
