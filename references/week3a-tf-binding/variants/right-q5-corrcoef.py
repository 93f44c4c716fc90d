# operator = "equivalent"
# why = "window by window with corrcoef"

# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    total, undefined, dropped = 0.0, 0, 0
    for a, b in zip(predicted.astype(float), observed.astype(float)):
        if (b == b[0]).all():
            dropped += 1
        elif not np.isfinite(a).all() or (a == a[0]).all():
            undefined += 1
        else:
            total += np.corrcoef(a, b)[0, 1]
    return total / (len(observed) - dropped), undefined, dropped
