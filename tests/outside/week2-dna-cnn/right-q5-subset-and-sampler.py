# why = "Subset of one TensorDataset of everything; a RandomSampler without replacement for training."
# %% q5_answer
# answer: q5_answer
from torch.utils.data import RandomSampler, Subset


def make_loaders(seqs, scores, split, batch_size):
    everything = TensorDataset(
        torch.from_numpy(np.stack([np.asarray(one_hot_encode(s)) for s in seqs])),
        torch.from_numpy(np.asarray(scores)).float(),
    )
    parts = {name: Subset(everything, rows.tolist()) for name, rows in split.items()}
    return (
        DataLoader(parts["train"], batch_size, sampler=RandomSampler(parts["train"])),
        DataLoader(parts["val"], batch_size),
        DataLoader(parts["test"], batch_size),
    )
