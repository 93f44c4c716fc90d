# expected = {q5 = 0}
# why = "RandomSampler(replacement=True): rows come twice or never; 'every row of its part once'."
# %% q5_answer
# answer: q5_answer
from torch.utils.data import RandomSampler


def make_loaders(seqs, scores, split, batch_size):
    def make(part):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])) for i in split[part]])
        data = TensorDataset(x, torch.tensor(scores[split[part]], dtype=torch.float32))
        if part == "train":
            return DataLoader(data, batch_size=batch_size, sampler=RandomSampler(data, replacement=True))
        return DataLoader(data, batch_size=batch_size)

    return make("train"), make("val"), make("test")
