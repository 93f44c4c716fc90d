# expected = {q1 = 0}
# why = "Every other character becomes zeros silently ('a bug that nobody finds'): ACGU must raise ValueError."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    out = np.zeros((len(seq), 4), dtype=np.float32)
    for i, letter in enumerate(seq.upper()):
        if letter in "ACGT":
            out[i, "ACGT".index(letter)] = 1
    return out
