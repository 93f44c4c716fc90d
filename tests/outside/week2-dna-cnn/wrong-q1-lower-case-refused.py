# expected = {q1 = 0}
# why = "acgt raises ValueError: 'Upper and lower case mean the same'."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    out = np.zeros((len(seq), 4), dtype=np.float32)
    for i, letter in enumerate(seq):
        if letter not in "ACGTN":
            raise ValueError(f"bad letter {letter}")
        if letter != "N":
            out[i, "ACGT".index(letter)] = 1
    return out
