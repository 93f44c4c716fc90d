# expected = {q2 = 0}
# why = "By position: w = exp(-p/100): at the last place of an 8-mer w is exp(-0.05) = 0.951 for a motif of 3 letters; 'at most 0.95 at the last place'."
# %% q2_answer
# answer: q2_answer
import math


def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * math.exp(-s.find(m) / 100) for m, v in motifs.items() if m in s) for s in seqs])
