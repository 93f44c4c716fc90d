# expected = {q1 = 0}
# why = "Lower-case acgt are handled by a table but n is forgotten: 'nAcN' raises."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    table = {"A": 0, "C": 1, "G": 2, "T": 3, "a": 0, "c": 1, "g": 2, "t": 3, "N": None}
    out = np.zeros((len(seq), 4), dtype=np.float32)
    for i, letter in enumerate(seq):
        if letter not in table:
            raise ValueError(f"bad letter {letter}")
        if table[letter] is not None:
            out[i, table[letter]] = 1
    return out
