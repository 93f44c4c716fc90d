# expected = {q2 = 6}
# operator = "own: caps the data"
# why = "sequences after the five hundredth score 0"

# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    """Return the mean of the letters plus what each motif that occurs adds, shape (n,)."""
    scores = []
    for seq in seqs:
        base = sum(letters[letter] for letter in seq) / len(seq)
        scores.append(base + sum(bonus for motif, bonus in motifs.items() if motif in seq))
    scores[500:] = [0.0] * len(scores[500:])
    return np.array(scores)


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    """As score_seqs, but a motif counts the more the nearer its first occurrence is to the start."""
    scores = []
    for seq in seqs:
        score = sum(letters[letter] for letter in seq) / len(seq)
        for motif, bonus in motifs.items():
            place = seq.find(motif)
            if place >= 0:
                score += bonus * (1 - place / len(seq))
        scores.append(score)
    return np.array(scores)
