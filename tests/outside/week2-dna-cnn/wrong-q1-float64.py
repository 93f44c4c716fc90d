# expected = {q1 = 0}
# why = "float64 instead of float32 rows (other cells that feed these rows to a float32 Conv1d may stumble over it too, which is not this item's claim)."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    out = np.zeros((len(seq), 4))
    for i, letter in enumerate(seq.upper()):
        if letter not in "ACGTN":
            raise ValueError(f"bad letter {letter}")
        if letter != "N":
            out[i, "ACGT".index(letter)] = 1
    return out
