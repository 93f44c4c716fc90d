# expected = {q5 = 7}
# operator = "own: random in name only"
# why = "the list of batches is made once; every epoch shuffles the batches, the short one stays last"

# %% q5_answer
# answer: q5_answer
class Shuffled:
    def __init__(self, loader):
        self.batches = list(loader)

    def __iter__(self):
        full = [batch for batch in self.batches if len(batch[1]) == len(self.batches[0][1])]
        return iter([full[i] for i in torch.randperm(len(full))] + self.batches[len(full) :])


def make_loaders(seqs, scores, split, batch_size):
    """Return the training (shuffled), validation and test loaders."""
    loaders = []
    for part in ("train", "val", "test"):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[row]), dtype=torch.float32) for row in split[part]])
        y = torch.tensor(scores[split[part]], dtype=torch.float32)
        loaders.append(DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=part == "train"))
    return Shuffled(loaders[0]), loaders[1], loaders[2]
