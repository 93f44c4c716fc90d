# expected = {q2 = 0}
# why = "Looks for motifs among windows of width 3 only: a motif of another length ('of any length') is never found."
# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    out = []
    for s in seqs:
        triples = {s[i : i + 3] for i in range(len(s) - 2)}
        out.append(sum(letters[c] for c in s) / len(s) + sum(v for m, v in motifs.items() if m in triples))
    return np.array(out)


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.array([sum(letters[c] for c in s) / len(s) + sum(v * 0.9 ** s.find(m) for m, v in motifs.items() if m in s) for s in seqs])
