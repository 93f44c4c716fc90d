# expected = {q5 = 0}
# why = "Draws its own 64/16/20 split with random_split and ignores split: rows of other parts appear."
# %% q5_answer
# answer: q5_answer
from torch.utils.data import random_split


def make_loaders(seqs, scores, split, batch_size):
    x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs])
    data = TensorDataset(x, torch.tensor(scores, dtype=torch.float32))
    sizes = [len(split["train"]), len(split["val"]), len(split["test"])]
    sizes.append(len(seqs) - sum(sizes))
    a, b, c, _ = random_split(data, sizes, generator=torch.Generator().manual_seed(42))
    return DataLoader(a, batch_size, shuffle=True), DataLoader(b, batch_size), DataLoader(c, batch_size)
