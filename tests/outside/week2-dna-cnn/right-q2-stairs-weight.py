# why = "w = 1 in the first half of the places, 0.9 in the second half: a step that never rises, 0.9 <= 0.95 at the last place of a sequence at least twice as long as the motif."
# %% q2_answer
# answer: q2_answer
def place_weight(p, length, width):
    places = length - width + 1
    return 1.0 if p == 0 or 2 * p < places - 1 else 0.9


def scored(seq, letters, motifs, weight):
    total = sum(letters[c] for c in seq) / len(seq)
    for motif, adds in motifs.items():
        place = seq.find(motif)
        if place >= 0:
            total += adds * weight(place, len(seq), len(motif))
    return total


def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([scored(s, letters, motifs, lambda p, n, k: 1.0) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([scored(s, letters, motifs, place_weight) for s in seqs])
