# expected = {q5 = 0}
# why = "Row numbers are sorted first: pairs are right, but validation and test rows are not 'in the order of split'."
# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    def make(part):
        rows = sorted(split[part].tolist())
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])) for i in rows])
        y = torch.tensor([scores[i] for i in rows], dtype=torch.float32)
        return DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=part == "train")

    return make("train"), make("val"), make("test")
