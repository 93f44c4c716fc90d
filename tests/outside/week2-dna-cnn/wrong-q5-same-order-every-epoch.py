# expected = {q5 = 0}
# why = "Own loader whose __iter__ seeds its generator anew: 'a new random order every epoch'."
# %% q5_answer
# answer: q5_answer
class Loader:
    def __init__(self, x, y, size, shuffle):
        self.x, self.y, self.size, self.shuffle = x, y, size, shuffle

    def __iter__(self):
        rows = np.arange(len(self.y))
        if self.shuffle:
            np.random.default_rng(42).shuffle(rows)
        for i in range(0, len(rows), self.size):
            yield self.x[rows[i : i + self.size]], self.y[rows[i : i + self.size]]


def make_loaders(seqs, scores, split, batch_size):
    out = []
    for part in ("train", "val", "test"):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])) for i in split[part]])
        out.append(Loader(x, torch.tensor(scores[split[part]], dtype=torch.float32), batch_size, part == "train"))
    return out
