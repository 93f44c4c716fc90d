# why = "w = 0.95 for every p > 0: 1 at p = 0, never rises, at most 0.95 at the last place."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum((v if s.startswith(m) else 0.95 * v) for m, v in motifs.items() if m in s) for s in seqs])
