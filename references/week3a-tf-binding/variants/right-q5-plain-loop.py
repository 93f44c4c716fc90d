# operator = "equivalent"
# why = "a plain loop, constants by comparison with the first value"

# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    total, undefined, dropped = [], 0, 0
    for p, o in zip(np.array(predicted, dtype=float), np.array(observed, dtype=float)):
        if (o == o[0]).all():
            dropped += 1
        elif not np.isfinite(p).all() or (p == p[0]).all():
            undefined += 1
            total.append(0.0)
        else:
            p, o = p - p.mean(), o - o.mean()
            p, o = p / np.abs(p).max(), o / np.abs(o).max()
            total.append(p @ o / np.linalg.norm(p) / np.linalg.norm(o))
    return np.mean(total), undefined, dropped
