# operator = "equivalent"
# why = "all pairs of overlapping columns collected first, then correlated"

# %% q9_answer
# answer: q9_answer
def match_filter(filt, motif, min_overlap):
    tried = []
    for reverse in (False, True):
        laid = np.flip(motif) if reverse else motif
        for offset in range(-laid.shape[1] + 1, filt.shape[1]):
            pairs = [(offset + j, j) for j in range(laid.shape[1]) if 0 <= offset + j < filt.shape[1]]
            if len(pairs) < min_overlap:
                continue
            a = np.concatenate([filt[:, i] - np.mean(filt[:, i]) for i, _ in pairs])
            b = np.concatenate([laid[:, j] - np.mean(laid[:, j]) for _, j in pairs])
            size = np.linalg.norm(a) * np.linalg.norm(b)
            tried.append((a @ b / size if size else 0.0, offset, reverse))
    return max(tried, key=lambda one: one[0])
