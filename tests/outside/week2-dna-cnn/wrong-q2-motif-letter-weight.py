# expected = {q2 = 0}
# why = "By position: motifs that begin with G fall off faster, so w depends on the motif's letters, not only on its length."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    rate = {"G": 0.5}
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * rate.get(m[0], 0.8) ** s.find(m) for m, v in motifs.items() if m in s) for s in seqs])
