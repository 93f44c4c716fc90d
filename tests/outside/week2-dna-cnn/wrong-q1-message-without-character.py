# expected = {q1 = 0}
# why = "ValueError, but the message names only the position: 'with that character in its message'."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    out = np.zeros((len(seq), 4), dtype=np.float32)
    for i, letter in enumerate(seq.upper()):
        k = "ACGTN".find(letter)
        if k < 0:
            raise ValueError("illegal letter in this sequence")
        if k < 4:
            out[i, k] = 1
    return out
