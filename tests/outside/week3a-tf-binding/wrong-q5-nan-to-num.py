# expected = {q5 = 0}
# why = "NaN and infinities become numbers with nan_to_num and the window is scored; the contract: it counts r = 0 and as undefined"
# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    p, o = np.array(predicted, dtype=np.float64), np.array(observed, dtype=np.float64)
    p = np.nan_to_num(p, posinf=0.0, neginf=0.0)
    keep = o.max(axis=1) != o.min(axis=1)
    p, o = p[keep], o[keep]
    bad = ~np.isfinite(p).all(axis=1) | (p.max(axis=1) == p.min(axis=1))
    r = np.zeros(len(p))
    for i in np.flatnonzero(~bad):
        a, b = p[i] - p[i].mean(), o[i] - o[i].mean()
        r[i] = a @ b / np.sqrt((a @ a) * (b @ b))
    return float(r.mean()), int(bad.sum()), int((~keep).sum())
