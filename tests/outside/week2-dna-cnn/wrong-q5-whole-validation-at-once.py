# expected = {q5 = 0}
# why = "Validation and test in one big batch: 'batches of batch_size' holds for each of the three."
# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    def make(part):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])) for i in split[part]])
        y = torch.tensor(scores[split[part]], dtype=torch.float32)
        return DataLoader(TensorDataset(x, y), batch_size=batch_size if part == "train" else len(y), shuffle=part == "train")

    return make("train"), make("val"), make("test")
