# expected = {q5 = 1}
# operator = "own: caps the data"
# why = "rows after the thousandth of a part are left out"

# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    """Return the training (shuffled), validation and test loaders."""
    loaders = []
    for part in ("train", "val", "test"):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[row]), dtype=torch.float32) for row in split[part][:1000]])
        y = torch.tensor(scores[split[part][:1000]], dtype=torch.float32)
        loaders.append(DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=part == "train"))
    return tuple(loaders)
