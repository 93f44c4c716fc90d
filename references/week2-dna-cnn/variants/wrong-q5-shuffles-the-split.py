# expected = {q5 = 7}
# operator = "own: argument changed"
# why = "np.random.shuffle works on the caller's own row numbers"

# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    """Return the training (shuffled), validation and test loaders."""
    loaders = []
    np.random.shuffle(split["train"])
    for part in ("train", "val", "test"):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[row]), dtype=torch.float32) for row in split[part]])
        y = torch.tensor(scores[split[part]], dtype=torch.float32)
        loaders.append(DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=part == "train"))
    return tuple(loaders)
