# why = "Compares a column of letters with the row ACGT by broadcasting; bad characters found by a set difference."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    bad = [c for c in seq if c not in set("ACGTNacgtn")]
    if bad:
        raise ValueError(f"cannot encode {bad[0]}")
    letters = np.array(list(seq.upper()), dtype="U1").reshape(-1, 1)
    return (letters == np.array(list("ACGT"))).astype(np.float32)
