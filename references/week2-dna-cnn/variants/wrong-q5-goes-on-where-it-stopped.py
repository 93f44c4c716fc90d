# expected = {q5 = 1}
# operator = "own: iterator"
# why = "the loader is its own iterator: after a loop that was broken off the next one goes on there"

# %% q5_answer
# answer: q5_answer
class Batches:
    def __init__(self, x, y, size, shuffle):
        self.x, self.y, self.size, self.shuffle, self.left = x, y, size, shuffle, None

    def __iter__(self):
        return self

    def __next__(self):
        if self.left is None:
            n = len(self.y)
            self.left = torch.randperm(n) if self.shuffle else torch.arange(n)
        if not len(self.left):
            self.left = None
            raise StopIteration
        some, self.left = self.left[: self.size], self.left[self.size :]
        return self.x[some], self.y[some]


def make_loaders(seqs, scores, split, batch_size):
    """Return the training (shuffled), validation and test loaders."""
    loaders = []
    for part in ("train", "val", "test"):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[row]), dtype=torch.float32) for row in split[part]])
        y = torch.tensor(scores[split[part]], dtype=torch.float32)
        loaders.append(Batches(x, y, batch_size, part == "train"))
    return tuple(loaders)
