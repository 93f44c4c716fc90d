# expected = {q2 = 0}
# why = "By position: w = 1 - p/10, negative beyond place 10 in a sequence of 20: '0 <= w <= 1'."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * (1 - s.find(m) / 10) for m, v in motifs.items() if m in s) for s in seqs])
