# expected = {q1 = 7}
# operator = "API"
# why = "a line end at the end of the sequence is taken off in silence"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    """Return the sequence as float32 rows, columns A, C, G, T; N is a row of zeros."""
    seq = seq.rstrip("\n")
    encoded = np.zeros((len(seq), 4), dtype=np.float32)
    for row, letter in enumerate(seq.upper()):
        if letter != "N":
            column = "ACGT".find(letter)
            if column < 0:
                raise ValueError(f"{letter!r} is not one of A, C, G, T and N")
            encoded[row, column] = 1.0
    return encoded
