# expected = {q5 = 0}
# why = "subtracts the means in place from a float64 argument; the notebook: no function may change its arguments"
# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    p, o = np.asarray(predicted, dtype=np.float64), np.asarray(observed, dtype=np.float64)
    keep = o.max(axis=1) != o.min(axis=1)
    bad = ~np.isfinite(p).all(axis=1) | (p.max(axis=1) == p.min(axis=1))
    p -= p.mean(axis=1, keepdims=True)
    o -= o.mean(axis=1, keepdims=True)
    r = [0.0 if bad[i] else (p[i] @ o[i]) / np.sqrt((p[i] @ p[i]) * (o[i] @ o[i])) for i in np.flatnonzero(keep)]
    return float(np.mean(r)), int(bad[keep].sum()), int((~keep).sum())
