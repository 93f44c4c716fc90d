# why = "all ways in a dictionary, max by fit; the overlap from sets of columns"
# %% q9_answer
# answer: q9_answer
def match_filter(filt, motif, min_overlap):
    filt = np.array(filt, dtype=np.float64)
    motif = np.array(motif, dtype=np.float64)
    w, m = filt.shape[1], motif.shape[1]
    fits = {}
    for reverse, pattern in [(False, motif), (True, np.flip(motif, axis=(0, 1)))]:
        for offset in range(1 - m, w):
            columns = [j for j in range(m) if 0 <= offset + j <= w - 1]
            if len(columns) >= min_overlap:
                a = filt[:, [offset + j for j in columns]]
                b = pattern[:, columns]
                a = (a - a.mean(axis=0, keepdims=True)).ravel()
                b = (b - b.mean(axis=0, keepdims=True)).ravel()
                norm = np.linalg.norm(a) * np.linalg.norm(b)
                fits[offset, reverse] = 0.0 if norm < 1e-12 else float(np.dot(a, b) / norm)
    (offset, reverse), fit = max(fits.items(), key=lambda item: item[1])
    return fit, offset, reverse
