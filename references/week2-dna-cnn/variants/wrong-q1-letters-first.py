# expected = {q1 = 0, q9 = 5, q10 = 0}
# operator = "own: one slip is paid once"
# why = "four rows, a column for each letter; later parts are asked with a right encoding"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    """Return the sequence as float32 rows, columns A, C, G, T; N is a row of zeros."""
    encoded = np.zeros((len(seq), 4), dtype=np.float32)
    for row, letter in enumerate(seq.upper()):
        if letter != "N":
            column = "ACGT".find(letter)
            if column < 0:
                raise ValueError(f"{letter!r} is not one of A, C, G, T and N")
            encoded[row, column] = 1.0
    return encoded.T.copy()
