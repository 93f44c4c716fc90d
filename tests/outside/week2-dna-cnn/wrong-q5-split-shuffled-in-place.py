# expected = {q5 = 0}
# why = "The training loader shuffles split['train'] itself every epoch: the loops are right, but the caller's split changes ('No function may change its arguments')."
# %% q5_answer
# answer: q5_answer
class Dealer:
    def __init__(self, seqs, scores, rows, size, shuffle):
        self.x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs])
        self.y = torch.tensor(scores, dtype=torch.float32)
        self.rows, self.size, self.shuffle = rows, size, shuffle

    def __iter__(self):
        if self.shuffle:
            np.random.shuffle(self.rows)
        rows = self.rows.copy()
        for i in range(0, len(rows), self.size):
            yield self.x[rows[i : i + self.size]], self.y[rows[i : i + self.size]]


def make_loaders(seqs, scores, split, batch_size):
    return [Dealer(seqs, scores, split[part], batch_size, part == "train") for part in ("train", "val", "test")]
