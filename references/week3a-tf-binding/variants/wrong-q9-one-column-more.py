# expected = {q9 = 0}
# operator = "Tensors & Input"
# why = "more than min_overlap columns must lie on each other"

# %% q9_answer
# answer: q9_answer
def match_filter(filt, motif, min_overlap):
    """Return (fit, offset, reverse) of the best way to lay a motif on a filter."""
    best = (-2.0, 0, False)
    width, length = filt.shape[1], motif.shape[1]
    for reverse, laid in ((False, motif), (True, motif[::-1, ::-1])):
        for offset in range(min_overlap + 1 - length, width - min_overlap):
            a = filt[:, max(0, offset) : offset + length]
            b = laid[:, max(0, -offset) : max(0, -offset) + a.shape[1]]
            a, b = a - a.mean(axis=0), b - b.mean(axis=0)
            norm = np.sqrt((a**2).sum() * (b**2).sum())
            fit = float((a * b).sum() / norm) if norm > 0 else 0.0
            best = max(best, (fit, offset, reverse))
    return best
