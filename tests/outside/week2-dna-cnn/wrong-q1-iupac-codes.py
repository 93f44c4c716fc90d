# expected = {q1 = 0}
# why = "R, Y, S, W, K, M become rows with 0.5 for the two possible letters: any character but A, C, G, T, N must raise ValueError."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    codes = {"R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC"}
    out = np.zeros((len(seq), 4), dtype=np.float32)
    for i, letter in enumerate(seq.upper()):
        if letter == "N":
            continue
        both = codes.get(letter, letter)
        if any(c not in "ACGT" for c in both):
            raise ValueError(f"bad letter {letter!r}")
        for c in both:
            out[i, "ACGT".index(c)] = 1 / len(both)
    return out
