# why = "w = 0.5 ** p: 1 at p = 0, never rises, below 0.95 from p = 1 on."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    scores = []
    for seq in seqs:
        score = np.mean([letters[c] for c in seq])
        for motif in motifs:
            if motif in seq:
                score = score + motifs[motif]
        scores.append(score)
    return np.array(scores)


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    scores = []
    for seq in seqs:
        score = np.mean([letters[c] for c in seq])
        for motif, value in motifs.items():
            if motif in seq:
                score += value * 0.5 ** seq.index(motif)
        scores.append(score)
    return np.array(scores)
