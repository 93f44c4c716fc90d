# expected = {q2 = 0}
# why = "By position: the weight multiplies the mean of the letters too: only 'what a motif adds is multiplied by a weight'."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    out = []
    for s in seqs:
        total = sum(letters[c] for c in s) / len(s)
        for m, v in motifs.items():
            if m in s:
                total = (total + v) * (1 - s.find(m) / len(s))
        out.append(total)
    return np.array(out)
