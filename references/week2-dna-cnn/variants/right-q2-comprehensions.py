# why = "one line each, lists of floats, a weight that decays exponentially"

# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return [float(np.mean([letters[c] for c in s]) + sum(v * (s.count(m) > 0) for m, v in motifs.items())) for s in seqs]


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return [
        float(np.mean([letters[c] for c in s]) + sum(v * 0.8 ** s.index(m) for m, v in motifs.items() if m in s))
        for s in seqs
    ]
