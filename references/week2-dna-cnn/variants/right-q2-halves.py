# why = "the weight halves with every place; both functions share one loop"

# %% q2_answer
# answer: q2_answer
def _score(seqs, letters, motifs, weight):
    total = np.zeros(len(seqs))
    for i, seq in enumerate(seqs):
        total[i] = np.mean([letters[letter] for letter in seq])
        for motif in motifs:
            if motif in seq:
                total[i] += motifs[motif] * weight(seq.index(motif))
    return total


def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return _score(seqs, letters, motifs, lambda place: 1.0)


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return _score(seqs, letters, motifs, lambda place: 0.5**place)
