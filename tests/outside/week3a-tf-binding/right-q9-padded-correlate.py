# why = "centres all columns once (the mean over four letters does not depend on the overlap), pads the filter with zero columns and a mask, returns a list"
# %% q9_answer
# answer: q9_answer
def match_filter(filt, motif, min_overlap):
    f = torch.tensor(np.array(filt), dtype=torch.float64)
    t = torch.tensor(np.array(motif), dtype=torch.float64)
    f, t = f - f.mean(dim=0), t - t.mean(dim=0)
    w, m = f.shape[1], t.shape[1]
    here = F.pad(torch.ones(w, dtype=torch.float64), (m, m))
    padded = F.pad(f, (m, m))
    ways = []
    for reverse, pattern in ((False, t), (True, t.flip(0, 1))):
        for start in range(w + m + 1):
            mask = here[start : start + m]
            if int(mask.sum()) < min_overlap:
                continue
            a, b = padded[:, start : start + m], pattern * mask
            bottom = float((a.square().sum() * b.square().sum()).sqrt())
            ways.append([float((a * b).sum()) / bottom if bottom > 1e-12 else 0.0, start - m, reverse])
    return max(ways, key=lambda way: way[0])
