# expected = {q5 = 0}
# why = "computed in float32: 10000.1, 10000.2, … in float64 loses its digits; the contract: compute in float64"
# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    p, o = np.array(predicted, dtype=np.float32), np.array(observed, dtype=np.float32)
    keep = o.max(axis=1) != o.min(axis=1)
    p, o = p[keep], o[keep]
    bad = ~np.isfinite(p).all(axis=1) | (p.max(axis=1) == p.min(axis=1))
    r = np.zeros(len(p))
    for i in np.flatnonzero(~bad):
        a, b = p[i] - p[i].mean(), o[i] - o[i].mean()
        r[i] = a @ b / np.sqrt((a @ a) * (b @ b))
    return float(r.mean()), int(bad.sum()), int((~keep).sum())
