# why = "a regular expression; full weight in the first half of the places, half of it in the second"

# %% q2_answer
# answer: q2_answer
import re


def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    out = np.empty(len(seqs), dtype=np.float32)
    for i, seq in enumerate(seqs):
        out[i] = sum(map(letters.get, seq)) / len(seq)
        for motif in motifs:
            if re.search(motif, seq) is not None:
                out[i] += motifs[motif]
    return out


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    base = score_seqs(seqs, letters, {})
    for i, seq in enumerate(seqs):
        for motif, bonus in motifs.items():
            found = re.search(motif, seq)
            if found:
                base[i] += bonus * (1.0 if 2 * found.start() <= len(seq) - len(motif) else 0.5)
    return base
