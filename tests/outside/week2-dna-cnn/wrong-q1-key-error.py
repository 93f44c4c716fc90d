# expected = {q1 = 0}
# why = "A KeyError (with the character) for U, R or -; contract: ValueError."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    rows = {"A": [1, 0, 0, 0], "C": [0, 1, 0, 0], "G": [0, 0, 1, 0], "T": [0, 0, 0, 1], "N": [0, 0, 0, 0]}
    return np.array([rows[letter] for letter in seq.upper()], dtype=np.float32).reshape(-1, 4)
