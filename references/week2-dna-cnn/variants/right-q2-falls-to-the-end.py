# why = "the weight falls evenly to 0 at the last place, and is 1 where there is but one place"

# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([np.mean([letters[c] for c in s]) + sum(motifs[m] for m in motifs if s.find(m) != -1) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    scores = np.array([np.mean([letters[c] for c in s]) for s in seqs])
    for row, seq in enumerate(seqs):
        for motif in motifs:
            before, found, _ = seq.partition(motif)
            if found:
                scores[row] += motifs[motif] * (1 - len(before) / max(len(seq) - len(motif), 1))
    return scores
