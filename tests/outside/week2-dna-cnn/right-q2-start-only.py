# why = "w is 1 at p = 0 and 0 everywhere else: allowed by '0 <= w <= 1; w = 1 at p = 0; it never rises', at most 0.95 at the last place."
# %% q2_answer
# answer: q2_answer
import re


def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.fromiter((sum(letters[c] for c in s) / len(s) + sum(a for m, a in motifs.items() if re.search(m, s)) for s in seqs), float)


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.fromiter((sum(letters[c] for c in s) / len(s) + sum(a for m, a in motifs.items() if s.startswith(m)) for s in seqs), float)
