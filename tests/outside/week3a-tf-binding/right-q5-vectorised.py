# why = "einsum without loops, NaN set aside with np.where; same formula in float64"
# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    p = np.asarray(predicted).astype("float64")
    o = np.asarray(observed).astype("float64")
    flat = np.ptp(o, axis=1) == 0
    p, o = p[~flat], o[~flat]
    finite = np.isfinite(p).all(axis=1)
    p = np.where(finite[:, None], p, 0.0)
    fine = finite & (np.ptp(p, axis=1) > 0)
    p = p - p.mean(axis=1, keepdims=True)
    o = o - o.mean(axis=1, keepdims=True)
    p = p / np.where(fine, np.abs(p).max(axis=1), 1.0)[:, None]
    o = o / np.abs(o).max(axis=1)[:, None]
    top = np.einsum("ij,ij->i", p, o)
    bottom = np.sqrt(np.einsum("ij,ij->i", p, p) * np.einsum("ij,ij->i", o, o))
    r = np.where(fine, top / np.where(fine, bottom, 1.0), 0.0)
    return float(r.mean()), int((~fine).sum()), int(flat.sum())
