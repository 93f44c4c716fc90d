# why = "Rows of an identity matrix with a fifth row of zeros for N; ValueError with the character."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    rows = np.vstack([np.eye(4), np.zeros(4)]).astype(np.float32)
    number = {letter: i for i, letter in enumerate("ACGTN")}
    number.update({letter.lower(): i for letter, i in list(number.items())})
    codes = []
    for letter in seq:
        if letter not in number:
            raise ValueError(f"unexpected character {letter!r}")
        codes.append(number[letter])
    return rows[np.array(codes, dtype=int)]
