# expected = {q1 = 0}
# why = "The empty string gives shape (0,) instead of (0, 4): 'possibly empty', 'shape (length, 4)'."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    rows = []
    for letter in seq.upper():
        if letter not in "ACGTN":
            raise ValueError(f"bad letter {letter}")
        rows.append([float(letter == c) for c in "ACGT"])
    return np.array(rows, dtype=np.float32)
