# why = "compares all letters with all columns at once"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    codes = np.array([ord(letter.upper()) for letter in seq], dtype=int)
    wrong = [letter for letter in seq if letter.upper() not in {"A", "C", "G", "T", "N"}]
    if wrong:
        raise ValueError("not DNA: %s" % wrong[0])
    return (codes[:, None] == np.array([65, 67, 71, 84])).astype("float32")
