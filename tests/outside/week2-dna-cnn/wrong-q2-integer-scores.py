# expected = {q2 = 0}
# why = "Fills an int array, so the mean of the letters is cut: 'float array'."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    out = np.zeros(len(seqs), dtype=int)
    for i, s in enumerate(seqs):
        out[i] = sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in s)
    return out


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * 0.9 ** s.find(m) for m, v in motifs.items() if m in s) for s in seqs])
