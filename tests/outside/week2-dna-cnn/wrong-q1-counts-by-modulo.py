# expected = {q1 = 0}
# why = "Table lookup by ord(letter) % 32 (case falls away by itself): '!' or other characters with the same five bits as A, C, G, T, N ('#', '3', '4') pass silently."
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
