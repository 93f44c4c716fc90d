# why = "w = 1/(1 + p), float64 arithmetic with numpy char functions."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    arr = np.array(seqs)
    total = np.array([sum(letters[c] for c in s) / len(s) for s in seqs])
    for m, v in motifs.items():
        total = total + v * (np.char.find(arr, m) >= 0)
    return total


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    arr = np.array(seqs)
    total = np.array([sum(letters[c] for c in s) / len(s) for s in seqs])
    for m, v in motifs.items():
        p = np.char.find(arr, m)
        total = total + np.where(p >= 0, v / (1.0 + np.maximum(p, 0)), 0.0)
    return total
