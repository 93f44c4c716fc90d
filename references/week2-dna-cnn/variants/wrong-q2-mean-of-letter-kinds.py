# expected = {q2 = 3}
# operator = "own: one slip is paid once"
# why = "the mean over the kinds of letters that occur; what motifs add by position is right, and is paid"

# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    """Return the mean of the letters plus what each motif that occurs adds, shape (n,)."""
    scores = []
    for seq in seqs:
        base = sum(letters[letter] for letter in set(seq)) / len(set(seq))
        scores.append(base + sum(bonus for motif, bonus in motifs.items() if motif in seq))
    return np.array(scores)


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    scores = score_seqs(seqs, letters, {})
    for i, seq in enumerate(seqs):
        for motif, bonus in motifs.items():
            if motif in seq:
                scores[i] += bonus * (1 - seq.find(motif) / len(seq))
    return scores
