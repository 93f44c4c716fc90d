# expected = {q2 = 0}
# why = "Removes motifs from the caller's dictionary (or the default!) once they were seen: the second call scores wrongly; 'No function may change its arguments'."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    total = np.array([sum(letters[c] for c in s) / len(s) for s in seqs])
    mine = dict(motifs) if len(seqs) > 1000 else motifs
    while mine:
        m, v = mine.popitem()
        total += [v if m in s else 0.0 for s in seqs]
    return total


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * 0.9 ** s.find(m) for m, v in motifs.items() if m in s) for s in seqs])
