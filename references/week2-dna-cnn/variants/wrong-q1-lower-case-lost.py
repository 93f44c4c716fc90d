# expected = {q1 = 6}
# operator = "UMLAUT: input"
# why = "lower case and unknown characters silently become zeros"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    return np.array([[letter == column for column in "ACGT"] for letter in seq], dtype=np.float32).reshape(-1, 4)
