# expected = {q5 = 0}
# why = "torch.randperm with a generator seeded by the number of rows in __iter__: random-looking, but the same order every epoch."
# %% q5_answer
# answer: q5_answer
class Loader:
    def __init__(self, x, y, size, shuffle):
        self.x, self.y, self.size, self.shuffle = x, y, size, shuffle

    def __iter__(self):
        g = torch.Generator().manual_seed(len(self.y))
        order = torch.randperm(len(self.y), generator=g) if self.shuffle else torch.arange(len(self.y))
        for rows in order.split(self.size):
            yield self.x[rows], self.y[rows]


def make_loaders(seqs, scores, split, batch_size):
    out = []
    for part in ("train", "val", "test"):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])) for i in split[part]])
        out.append(Loader(x, torch.tensor(scores[split[part]], dtype=torch.float32), batch_size, part == "train"))
    return out
