# operator = "own: contract"
# expected = {q1 = 7}
# why = "a table of 128 characters: one beyond ASCII is an IndexError"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    table = np.full(128, -1)
    for i, letter in enumerate("ACGTN"):
        table[ord(letter)] = table[ord(letter.lower())] = i
    out = np.zeros((len(seq), 5), dtype=np.float32)
    for i, letter in enumerate(seq):
        k = table[ord(letter)]
        if k < 0:
            raise ValueError(f"bad letter {letter!r}")
        out[i, k] = 1
    return out[:, :4]
