# expected = {q5 = 0}
# why = "drop_last=True for training: 'the last one with what is left (not dropped)'."
# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    def make(part):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])) for i in split[part]])
        data = TensorDataset(x, torch.tensor(scores[split[part]], dtype=torch.float32))
        return DataLoader(data, batch_size=batch_size, shuffle=part == "train", drop_last=part == "train")

    return make("train"), make("val"), make("test")
