# operator = "equivalent"
# why = "SciPy's pearsonr"

# %% q5_answer
# answer: q5_answer
from scipy.stats import pearsonr

def mean_pearson(predicted, observed):
    rs, undefined, dropped = [], 0, 0
    for p, o in zip(predicted, observed):
        p, o = np.asarray(p, dtype=float), np.asarray(o, dtype=float)
        if len(set(o)) == 1:
            dropped += 1
            continue
        if not np.all(np.isfinite(p)) or (p == p[0]).all():
            undefined += 1
            rs.append(0.0)
            continue
        rs.append(pearsonr(p, o)[0])
    return np.mean(rs), undefined, dropped
