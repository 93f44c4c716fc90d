# why = "A Dataset that encodes on demand and DataLoaders on it."
# %% q5_answer
# answer: q5_answer
class SeqDataset(Dataset):
    def __init__(self, seqs, scores, rows):
        self.seqs, self.scores, self.rows = seqs, scores, [int(r) for r in rows]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        r = self.rows[i]
        return torch.as_tensor(one_hot_encode(self.seqs[r])), torch.tensor(float(self.scores[r]), dtype=torch.float32)


def make_loaders(seqs, scores, split, batch_size):
    make = lambda part, shuffle: DataLoader(SeqDataset(seqs, scores, split[part]), batch_size=batch_size, shuffle=shuffle)
    return make("train", True), make("val", False), make("test", False)
