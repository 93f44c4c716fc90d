# expected = {q1 = 0}
# why = "N as 0.25 everywhere ('could be any'): the contract says a row of zeros."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    out = np.zeros((len(seq), 4), dtype=np.float32)
    for i, letter in enumerate(seq.upper()):
        if letter == "N":
            out[i] = 0.25
        elif letter in "ACGT":
            out[i, "ACGT".index(letter)] = 1
        else:
            raise ValueError(f"bad letter {letter}")
    return out
