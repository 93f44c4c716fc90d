# expected = {q5 = 6}
# operator = "own: random in name only"
# why = "the list of batches is made once; every epoch shuffles the batches"

# %% q5_answer
# answer: q5_answer
class Shuffled:
    def __init__(self, loader):
        self.batches = list(loader)

    def __iter__(self):
        return iter([self.batches[i] for i in torch.randperm(len(self.batches))])


def make_loaders(seqs, scores, split, batch_size):
    """Return the training (shuffled), validation and test loaders."""
    loaders = []
    for part in ("train", "val", "test"):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[row]), dtype=torch.float32) for row in split[part]])
        y = torch.tensor(scores[split[part]], dtype=torch.float32)
        loaders.append(DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=part == "train"))
    return Shuffled(loaders[0]), loaders[1], loaders[2]
