# expected = {q1 = 7}
# operator = "own: error text"
# why = "the message does not name the character"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    """Return the sequence as float32 rows, columns A, C, G, T; N is a row of zeros."""
    encoded = np.zeros((len(seq), 4), dtype=np.float32)
    for row, letter in enumerate(seq.upper()):
        if letter != "N":
            column = "ACGT".find(letter)
            if column < 0:
                raise ValueError("this is no sequence")
            encoded[row, column] = 1.0
    return encoded
