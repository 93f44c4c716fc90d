# expected = {q5 = 7}
# operator = "Tensors & Input"
# why = "computed in float32 by the formula with sums of squares"

# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    predicted, observed = np.float32(predicted), np.float32(observed)
    kept = np.ptp(observed, axis=1) > 0
    predicted, observed = predicted[kept], observed[kept]
    defined = np.isfinite(predicted).all(axis=1)
    defined[defined] = np.ptp(predicted[defined], axis=1) > 0
    r = np.zeros(len(predicted))
    a, b, n = predicted[defined], observed[defined], np.float32(predicted.shape[1])
    top = n * (a * b).sum(axis=1) - a.sum(axis=1) * b.sum(axis=1)
    size = (n * (a * a).sum(axis=1) - a.sum(axis=1) ** 2) * (n * (b * b).sum(axis=1) - b.sum(axis=1) ** 2)
    r[defined] = top / np.sqrt(np.maximum(size, np.float32(1e-12)))
    return float(r.mean()), int((~defined).sum()), int((~kept).sum())
