# expected = {q5 = 0}
# why = "takes a prediction with a spread below 1e-3 for constant; the contract: constant is all values equal (predictions of 1e-6 times the observed track have r = 1)"
# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    p, o = np.array(predicted, dtype=np.float64), np.array(observed, dtype=np.float64)
    keep = o.max(axis=1) != o.min(axis=1)
    p, o = p[keep], o[keep]
    bad = ~np.isfinite(p).all(axis=1) | (p.max(axis=1) - p.min(axis=1) < 1e-3)
    r = np.zeros(len(p))
    for i in np.flatnonzero(~bad):
        a, b = p[i] - p[i].mean(), o[i] - o[i].mean()
        r[i] = a @ b / np.sqrt((a @ a) * (b @ b))
    return float(r.mean()), int(bad.sum()), int((~keep).sum())
