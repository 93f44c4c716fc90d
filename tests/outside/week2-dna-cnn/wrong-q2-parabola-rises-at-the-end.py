# expected = {q2 = 0}
# why = "By position: w = 1 - 1.5u + 0.8u^2 with u = p/L has its minimum at u = 0.94 and rises by 0.002 at the end of long sequences (L = 100): 'it never rises when p grows'."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    def weight(u):
        return 1 - 1.5 * u + 0.8 * u * u

    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * weight(s.find(m) / len(s)) for m, v in motifs.items() if m in s) for s in seqs])
