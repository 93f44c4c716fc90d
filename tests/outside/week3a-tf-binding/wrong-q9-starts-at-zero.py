# expected = {q9 = 0}
# why = "best starts at fit 0, so a filter whose ways are all negative gives offset 0 and fit 0; the contract: the best of all ways, a float below 0 here"
# %% q9_answer
# answer: q9_answer
def match_filter(filt, motif, min_overlap):
    filt, motif = np.asarray(filt, float), np.asarray(motif, float)
    best = (0.0, 0, False)
    for reverse in (False, True):
        m = motif[::-1, ::-1] if reverse else motif
        for o in range(-(m.shape[1] - min_overlap), filt.shape[1] - min_overlap + 1):
            lo, hi = max(o, 0), min(o + m.shape[1], filt.shape[1])
            a, b = filt[:, lo:hi], m[:, lo - o : hi - o]
            a, b = a - a.mean(0), b - b.mean(0)
            d = np.sqrt((a * a).sum() * (b * b).sum())
            fit = float((a * b).sum() / d) if d > 0 else 0.0
            if fit > best[0] + 1e-12:
                best = (fit, o, reverse)
    return best
