# expected = {q2 = 0}
# why = "By position: 1 - p // L is 1 everywhere (slip of the division): at most 0.95 at the last place is missed."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * (1 - s.find(m) // len(s)) for m, v in motifs.items() if m in s) for s in seqs])
