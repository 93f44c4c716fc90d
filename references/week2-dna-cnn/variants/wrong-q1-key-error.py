# expected = {q1 = 7}
# operator = "own: error type"
# why = "a dictionary's KeyError instead of a ValueError"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    rows = dict(zip("ACGTN", np.vstack([np.eye(4), np.zeros(4)])))
    return np.array([rows[letter] for letter in seq.upper()], dtype=np.float32).reshape(-1, 4)
