# expected = {q2 = 8}
# operator = "Tensors & Input"
# why = "writes into the list and the dictionary that it was given"

# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    letters.setdefault("N", 0.0)
    return np.array([np.mean([letters[c] for c in s]) + sum(v for m, v in motifs.items() if m in s) for s in seqs])


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    for i, s in enumerate(seqs):
        score = np.mean([letters[c] for c in s])
        for m, v in motifs.items():
            if m in s:
                score += v * (1 - s.find(m) / len(s))
        seqs[i] = score
    return np.array(seqs)
