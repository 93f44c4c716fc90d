# operator = "equivalent"
# why = "torch in float64, standard scores"

# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    p, o = torch.tensor(np.array(predicted), dtype=torch.float64), torch.tensor(np.array(observed), dtype=torch.float64)
    keep = o.amax(1) > o.amin(1)
    p, o = p[keep], o[keep]
    good = torch.isfinite(p).all(1) & (p.amax(1) > p.amin(1))
    z = [(v[good] - v[good].mean(1, keepdim=True)) / v[good].std(1, keepdim=True, unbiased=False) for v in (p, o)]
    r = torch.zeros(len(p), dtype=torch.float64)
    r[good] = (z[0] * z[1]).mean(1)
    return r.mean(), (~good).sum(), (~keep).sum()
