# expected = {q2 = 0}
# why = "By position: a motif that does not occur (find = -1) adds v * w(-1) all the same; 'No motif in the sequence: the score is the mean of the letters'."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * (1 - s.find(m) / len(s)) for m, v in motifs.items()) for s in seqs])
