# expected = {q5 = 0}
# why = "shuffle=False for training: 'Training rows come in a new random order every epoch'."
# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    def make(part):
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])) for i in split[part]])
        return DataLoader(TensorDataset(x, torch.tensor(scores[split[part]], dtype=torch.float32)), batch_size=batch_size)

    return make("train"), make("val"), make("test")
