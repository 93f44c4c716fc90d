# why = "a weight that falls from 1 at the start to 0 at the last place, and a default looked up inside"

# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    """Return the mean of the letters plus what each motif that occurs adds, shape (n,)."""
    scores = []
    for seq in seqs:
        base = sum(letters[letter] for letter in seq) / len(seq)
        scores.append(base + sum(bonus for motif, bonus in motifs.items() if motif in seq))
    return np.array(scores)


def score_seqs_by_position(seqs, letters=None, motifs=None):
    letters, motifs = LETTERS if letters is None else letters, MOTIFS if motifs is None else motifs
    result = []
    for seq in seqs:
        score = sum(letters[letter] * seq.count(letter) for letter in "ACGT") / len(seq)
        for motif, bonus in motifs.items():
            last = len(seq) - len(motif)
            for place in range(last + 1):
                if seq[place : place + len(motif)] == motif:
                    score += bonus * (1 - (place / last) ** 2 if last else 1.0)
                    break
        result.append(score)
    return torch.tensor(result, dtype=torch.float64)
