# expected = {q5 = 0}
# why = "y stays float64; contract: float32 tensor."
# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    def make(part):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])) for i in split[part]])
        y = torch.tensor(scores[split[part]])
        return DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=part == "train")

    return make("train"), make("val"), make("test")
