# expected = {q5 = 0}
# why = "Returns train, test, val: 'for training, validation and test, in this order'."
# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    def make(part):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])) for i in split[part]])
        y = torch.tensor(scores[split[part]], dtype=torch.float32)
        return DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=part == "train")

    return make("train"), make("test"), make("val")
