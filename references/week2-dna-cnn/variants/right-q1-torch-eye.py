# why = "a look-up in an identity matrix, as a torch tensor"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq: str, alphabet="ACGT"):
    table = torch.cat([torch.eye(4), torch.zeros(1, 4)])
    rows = []
    for letter in seq.upper():
        if letter not in alphabet + "N":
            raise ValueError("cannot encode " + repr(letter))
        rows.append((alphabet + "N").index(letter))
    return table[torch.tensor(rows, dtype=torch.long)]
