# expected = {q5 = 0}
# why = "x is transposed to (rows, 4, length) already here: contract (rows, length, 4)."
# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    def make(part):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])).T for i in split[part]])
        y = torch.tensor(scores[split[part]], dtype=torch.float32)
        return DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=part == "train")

    return make("train"), make("val"), make("test")
