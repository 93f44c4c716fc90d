# operator = "equivalent"
# why = "the filter is padded, and a mask says which columns count"

# %% q9_answer
# answer: q9_answer
def match_filter(filt, motif, min_overlap):
    w, m = filt.shape[1], motif.shape[1]
    wide, mask = np.zeros((4, w + 2 * m)), np.zeros(w + 2 * m, dtype=bool)
    wide[:, m : m + w] = filt - filt.mean(axis=0, keepdims=True)
    mask[m : m + w] = True
    found = []
    for strand in (0, 1):
        b = np.array(motif)[::-1, ::-1] if strand else np.array(motif)
        b = b - b.mean(axis=0, keepdims=True)
        for start in range(w + m + 1):
            on = mask[start : start + m]
            if on.sum() < min_overlap:
                continue
            a, c = wide[:, start : start + m][:, on], b[:, on]
            size = np.linalg.norm(a) * np.linalg.norm(c)
            found.append((np.sum(a * c) / size if size else 0.0, start - m, strand == 1))
    return found[int(np.argmax([f[0] for f in found]))]
