# expected = {q2 = 0}
# why = "By position: w = cos(pi p / L)^2 falls to the middle and rises again: 'it never rises when p grows'."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * np.cos(np.pi * s.find(m) / len(s)) ** 2 for m, v in motifs.items() if m in s) for s in seqs])
