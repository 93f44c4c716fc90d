# expected = {q5 = 7}
# operator = "own: argument changed"
# why = "every epoch shuffles the caller's own row numbers"

# %% q5_answer
# answer: q5_answer
class Batches:
    def __init__(self, x, y, size, rows, shuffle):
        self.rows = rows
        self.x, self.y, self.size, self.shuffle = x, y, size, shuffle
        self.epoch = 0

    def order(self):
        n = len(self.rows)
        if not self.shuffle:
            return self.rows
        self.epoch += 1
        np.random.shuffle(self.rows)
        return self.rows

    def __iter__(self):
        order = self.order()
        for start in range(0, len(order), self.size):
            some = torch.from_numpy(np.array(order[start : start + self.size]))
            yield self.x[some], self.y[some]


def make_loaders(seqs, scores, split, batch_size):
    loaders = []
    for part in ("train", "val", "test"):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[row]), dtype=torch.float32) for row in range(len(seqs))])
        y = torch.tensor(scores, dtype=torch.float32)
        loaders.append(Batches(x, y, batch_size, split[part], part == "train"))
    return loaders
