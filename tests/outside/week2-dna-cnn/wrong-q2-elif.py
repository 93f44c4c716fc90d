# expected = {q2 = 0}
# why = "elif between the two: 'a sequence with both gets both' (TATGCG)."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    out = []
    for s in seqs:
        total = sum(letters[c] for c in s) / len(s)
        for m, v in motifs.items():
            if m in s:
                total += v
                break
        out.append(total)
    return np.array(out)


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * 0.9 ** s.find(m) for m, v in motifs.items() if m in s) for s in seqs])
