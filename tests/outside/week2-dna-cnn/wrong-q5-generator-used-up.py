# expected = {q5 = 0}
# why = "Returns generators: the second loop is empty; 'each can be looped over again and again'."
# %% q5_answer
# answer: q5_answer
def batches(x, y, size, shuffle):
    order = torch.randperm(len(y)) if shuffle else torch.arange(len(y))
    for rows in order.split(size):
        yield x[rows], y[rows]


def make_loaders(seqs, scores, split, batch_size):
    out = []
    for part in ("train", "val", "test"):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])) for i in split[part]])
        out.append(batches(x, torch.tensor(scores[split[part]], dtype=torch.float32), batch_size, part == "train"))
    return out
