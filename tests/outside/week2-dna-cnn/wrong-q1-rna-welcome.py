# expected = {q1 = 0}
# why = "U is read as T: '(An RNA letter ... that silently becomes ...)' must be a ValueError."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    seq = seq.upper().replace("U", "T")
    out = np.zeros((len(seq), 4), dtype=np.float32)
    for i, letter in enumerate(seq):
        if letter not in "ACGTN":
            raise ValueError(f"bad letter {letter!r}")
        if letter != "N":
            out[i, "ACGT".index(letter)] = 1
    return out
