# expected = {q5 = 1}
# operator = "Tensors & Input"
# why = "only the first thousand windows count"

# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    """Return the mean correlation of tracks, how many predictions had none, how many windows were dropped."""
    predicted, observed = (np.asarray(a, dtype=np.float64) for a in (predicted, observed))
    predicted, observed = predicted[:1000], observed[:1000]
    kept = np.ptp(observed, axis=1) > 0
    predicted, observed = predicted[kept], observed[kept]
    defined = np.isfinite(predicted).all(axis=1)
    defined[defined] = np.ptp(predicted[defined], axis=1) > 0
    r = np.zeros(len(predicted))
    a, b = predicted[defined], observed[defined]
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    r[defined] = (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return float(r.mean()), int((~defined).sum()), int((~kept).sum())
