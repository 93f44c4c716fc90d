# expected = {q1 = 0}
# why = "seq.strip() drops a newline or blank at the ends silently: 'Any other character: ValueError'."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    seq = seq.strip().upper()
    out = np.zeros((len(seq), 4), dtype=np.float32)
    for i, letter in enumerate(seq):
        if letter not in "ACGTN":
            raise ValueError(f"bad letter {letter!r}")
        if letter != "N":
            out[i, "ACGT".index(letter)] = 1
    return out
