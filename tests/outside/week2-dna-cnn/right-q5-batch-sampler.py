# why = "A custom Sampler of whole batches of row numbers (random_split is not needed), given to one DataLoader per part."
# %% q5_answer
# answer: q5_answer
from torch.utils.data import BatchSampler, SequentialSampler, SubsetRandomSampler


def make_loaders(seqs, scores, split, batch_size):
    x = torch.stack([torch.as_tensor(one_hot_encode(s), dtype=torch.float32) for s in seqs])
    data = TensorDataset(x, torch.as_tensor(np.array(scores, dtype=np.float32)))

    def loader(rows, shuffled):
        rows = rows.tolist()
        order = SubsetRandomSampler(rows) if shuffled else rows
        return DataLoader(data, batch_sampler=BatchSampler(order, batch_size, drop_last=False))

    return tuple(loader(split[part], part == "train") for part in ("train", "val", "test"))
