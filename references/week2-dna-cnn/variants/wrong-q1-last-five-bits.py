# operator = "Value"
# expected = {q1 = 7}
# why = "looks at a character's last five bits: ! passes for A, # for C"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    place = {ord("A") % 32: 0, ord("C") % 32: 1, ord("G") % 32: 2, ord("T") % 32: 3, ord("N") % 32: None}
    out = np.zeros((len(seq), 4), dtype=np.float32)
    for i, letter in enumerate(seq):
        if ord(letter) % 32 not in place:
            raise ValueError(f"bad letter {letter!r}")
        if place[ord(letter) % 32] is not None:
            out[i, place[ord(letter) % 32]] = 1
    return out
