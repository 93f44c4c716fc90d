# operator = "own: contract"
# expected = {q1 = 7}
# why = "only the first hundred letters are checked"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    for letter in seq[:100]:
        if letter not in "ACGTNacgtn":
            raise ValueError(f"bad letter {letter!r}")
    s = np.array(list(seq.upper()) or [""], dtype="U1")[: len(seq)]
    return np.stack([s == c for c in "ACGT"], axis=1).astype(np.float32)
