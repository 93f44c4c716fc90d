# operator = "Value"
# expected = {q2 = 9}
# why = "the weight of a place depends on the other sequences of the list"

# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    far = max(s.find(m) for s in seqs for m in [*motifs, ""]) + 1
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * (1 - s.find(m) / (2 * far)) for m, v in motifs.items() if m in s) for s in seqs])
