# why = "find() and comprehension; w = 1 - p / L falls from 1 to k/L <= 1/2 at the last place."
# %% q2_answer
# answer: q2_answer
def _mean(seq, letters):
    return sum(map(letters.get, seq)) / len(seq)


def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([_mean(s, letters) + sum(v for m, v in motifs.items() if s.count(m)) for s in seqs], dtype=float)


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    result = np.empty(len(seqs))
    for i, s in enumerate(seqs):
        result[i] = _mean(s, letters)
        for m, v in motifs.items():
            p = s.find(m)
            if p != -1:
                result[i] += v * (1 - p / len(s))
    return result
