# expected = {q5 = 6}
# operator = "TCL"
# why = "x in the order of the file, y in that of the split"

# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    """Return the training (shuffled), validation and test loaders."""
    loaders = []
    for part in ("train", "val", "test"):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[row]), dtype=torch.float32) for row in np.sort(split[part])])
        y = torch.tensor(scores[split[part]], dtype=torch.float32)
        loaders.append(DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=part == "train"))
    return tuple(loaders)
