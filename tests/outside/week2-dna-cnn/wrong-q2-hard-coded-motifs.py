# expected = {q2 = 0}
# why = "Ignores the argument motifs (TAT and GCG written into the code): 'letters and motifs are arguments' and 'The checks bring rules of their own'."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + 10 * ("TAT" in s) - 10 * ("GCG" in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * 0.9 ** s.find(m) for m, v in motifs.items() if m in s) for s in seqs])
