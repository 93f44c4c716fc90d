# why = "a table of 256 rows, indexed by the letters as bytes"

# %% q1_answer
# answer: q1_answer
CODES = np.zeros((256, 4), dtype=np.float32)
for _number, _letter in enumerate("ACGT"):
    CODES[ord(_letter), _number] = CODES[ord(_letter.lower()), _number] = 1


def one_hot_encode(seq):
    for letter in seq:
        if letter not in "ACGTNacgtn":
            raise ValueError("not a letter of DNA: " + letter)
    return CODES[np.frombuffer(seq.encode("ascii"), dtype=np.uint8)]
