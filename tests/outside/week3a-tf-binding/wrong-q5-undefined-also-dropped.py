# expected = {q5 = 0}
# why = "counts undefined predictions in the dropped windows, too; the contract counts them in those that are left"
# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    p, o = np.array(predicted, dtype=np.float64), np.array(observed, dtype=np.float64)
    keep = o.max(axis=1) != o.min(axis=1)
    everything = p
    p, o = p[keep], o[keep]
    bad = ~np.isfinite(p).all(axis=1) | (p.max(axis=1) == p.min(axis=1))
    r = np.zeros(len(p))
    for i in np.flatnonzero(~bad):
        a, b = p[i] - p[i].mean(), o[i] - o[i].mean()
        r[i] = a @ b / np.sqrt((a @ a) * (b @ b))
    return float(r.mean()), int((~np.isfinite(everything).all(axis=1) | (everything.max(axis=1) == everything.min(axis=1))).sum()), int((~keep).sum())
