# expected = {q1 = 7}
# operator = "own: one slip is paid once"
# why = "float64 rows, which part 5 hands on as they come: one slip, paid once"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    """Return the sequence as float32 rows, columns A, C, G, T; N is a row of zeros."""
    encoded = np.zeros((len(seq), 4), dtype=float)
    for row, letter in enumerate(seq.upper()):
        if letter != "N":
            column = "ACGT".find(letter)
            if column < 0:
                raise ValueError(f"{letter!r} is not one of A, C, G, T and N")
            encoded[row, column] = 1.0
    return encoded

# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    """Return the training (shuffled), validation and test loaders."""
    loaders = []
    for part in ("train", "val", "test"):
        x = torch.tensor(np.stack([one_hot_encode(seqs[row]) for row in split[part]]))
        y = torch.tensor(scores[split[part]], dtype=torch.float32)
        loaders.append(DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=part == "train"))
    return tuple(loaders)
