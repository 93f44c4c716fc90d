# why = "A class with __iter__ that deals tensors: 'DataLoaders, or what behaves like them'."
# %% q5_answer
# answer: q5_answer
class Batches:
    def __init__(self, x, y, size, shuffle):
        self.x, self.y, self.size, self.shuffle = x, y, size, shuffle

    def __len__(self):
        return -(-len(self.y) // self.size)

    def __iter__(self):
        order = torch.randperm(len(self.y)) if self.shuffle else torch.arange(len(self.y))
        for rows in torch.split(order, self.size):
            yield self.x[rows], self.y[rows]


def make_loaders(seqs, scores, split, batch_size):
    result = []
    for part in ("train", "val", "test"):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[r]), dtype=torch.float32) for r in split[part]])
        y = torch.tensor([scores[r] for r in split[part]], dtype=torch.float32)
        result.append(Batches(x, y, batch_size, part == "train"))
    return result
