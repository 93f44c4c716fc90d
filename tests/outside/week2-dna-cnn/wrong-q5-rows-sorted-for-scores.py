# expected = {q5 = 0}
# why = "Scores are taken in the order of sorted row numbers, sequences in the order of split: y is not 'the scores of the same sequences'."
# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    def make(part):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])) for i in split[part]])
        y = torch.tensor([s for i, s in enumerate(scores) if i in set(split[part].tolist())], dtype=torch.float32)
        return DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=part == "train")

    return make("train"), make("val"), make("test")
