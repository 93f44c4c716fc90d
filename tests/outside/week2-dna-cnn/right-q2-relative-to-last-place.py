# why = "w = 1 - 0.1 p/(L - k): 0.9 at the last place; L = k (only p = 0) handled on its own."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    base = [float(np.mean([letters[c] for c in s])) for s in seqs]
    return np.array([b + sum(v * (m in s) for m, v in motifs.items()) for b, s in zip(base, seqs)])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    out = []
    for s in seqs:
        total = float(np.mean([letters[c] for c in s]))
        for m, v in motifs.items():
            head, found, tail = s.partition(m)
            if found:
                last = len(s) - len(m)
                total += v * (1.0 if last == 0 else 1.0 - 0.1 * len(head) / last)
        out.append(total)
    return np.array(out)
