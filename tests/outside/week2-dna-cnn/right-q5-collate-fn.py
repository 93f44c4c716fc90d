# why = "Keeps strings in the dataset and encodes in collate_fn; own seeded generator that goes on from epoch to epoch."
# %% q5_answer
# answer: q5_answer
def collate(pairs):
    seqs, scores = zip(*pairs)
    x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs])
    return x.float(), torch.tensor(scores, dtype=torch.float32)


def make_loaders(seqs, scores, split, batch_size):
    loaders = []
    for part in ["train", "val", "test"]:
        pairs = [(seqs[i], float(scores[i])) for i in split[part]]
        g = torch.Generator()
        g.manual_seed(7)
        loaders.append(DataLoader(pairs, batch_size=batch_size, shuffle=part == "train", collate_fn=collate, generator=g))
    return tuple(loaders)
