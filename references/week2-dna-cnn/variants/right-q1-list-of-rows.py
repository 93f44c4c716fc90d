# why = "a list of rows that becomes a tensor at the end"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    rows = []
    for letter in seq:
        if letter.upper() not in list("ACGTN"):
            raise ValueError(f"cannot read {letter}")
        rows.append([float(letter.upper() == base) for base in "ACGT"])
    return torch.tensor(rows, dtype=torch.float32).reshape(-1, 4)
