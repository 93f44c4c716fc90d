# why = "w = 1 - 0.05 p/(L - k): exactly 0.95 at the last place, which is 'at most 0.95'."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    def weight(p, n, k):
        return 1.0 if p == 0 else 1.0 - 0.05 * (p / (n - k))

    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * weight(s.find(m), len(s), len(m)) for m, v in motifs.items() if m in s) for s in seqs])
