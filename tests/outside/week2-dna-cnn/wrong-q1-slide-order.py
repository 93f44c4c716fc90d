# expected = {q1 = 0}
# why = "Columns A, T, G, C as on the slide: 'Here ... they are alphabetical: A, C, G, T' (q8's network may suffer too if the grader encodes test rows with the student's function; not claimed)."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    out = np.zeros((len(seq), 4), dtype=np.float32)
    for i, letter in enumerate(seq.upper()):
        if letter == "N":
            continue
        if letter not in "ATGC":
            raise ValueError(f"bad letter {letter}")
        out[i, "ATGC".index(letter)] = 1
    return out
