# expected = {q5 = 0}
# why = "Fills the last batch with rows from the start so that all batches are full: 'every row of its part once', 'the last one with what is left'."
# %% q5_answer
# answer: q5_answer
class Full:
    def __init__(self, x, y, size, shuffle):
        self.x, self.y, self.size, self.shuffle = x, y, size, shuffle

    def __iter__(self):
        order = torch.randperm(len(self.y)) if self.shuffle else torch.arange(len(self.y))
        missing = -len(order) % self.size
        order = torch.cat([order, order[:missing]])
        for rows in order.split(self.size):
            yield self.x[rows], self.y[rows]


def make_loaders(seqs, scores, split, batch_size):
    out = []
    for part in ("train", "val", "test"):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])) for i in split[part]])
        out.append(Full(x, torch.tensor(scores[split[part]], dtype=torch.float32), batch_size, part == "train"))
    return out
