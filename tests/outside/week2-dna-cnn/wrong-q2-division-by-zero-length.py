# expected = {q2 = 0}
# why = "By position: w = 1 - p/(L - k) divides by zero when the motif is the whole sequence (TAT): w must be 1 at p = 0."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * (1 - np.float64(s.find(m)) / (len(s) - len(m))) for m, v in motifs.items() if m in s) for s in seqs])
