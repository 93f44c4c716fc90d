# expected = {q1 = 1, q10 = 0}
# operator = "own: memory between calls"
# why = "one array per length, handed out again and again"

# %% q1_answer
# answer: q1_answer
BUFFERS = {}


def one_hot_encode(seq):
    """Return the sequence as float32 rows, columns A, C, G, T; N is a row of zeros."""
    encoded = BUFFERS.setdefault(len(seq), np.zeros((len(seq), 4), dtype=np.float32))
    encoded[:] = 0
    for row, letter in enumerate(seq.upper()):
        if letter != "N":
            column = "ACGT".find(letter)
            if column < 0:
                raise ValueError(f"{letter!r} is not one of A, C, G, T and N")
            encoded[row, column] = 1.0
    return encoded
