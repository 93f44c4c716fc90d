# expected = {q5 = 0}
# why = "Shuffles the training rows once when the loader is built: every epoch has the same order."
# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    def make(part):
        rows = np.random.permutation(split[part]) if part == "train" else split[part]
        x = torch.stack([torch.as_tensor(one_hot_encode(seqs[i])) for i in rows])
        return DataLoader(TensorDataset(x, torch.tensor(scores[rows], dtype=torch.float32)), batch_size=batch_size)

    return make("train"), make("val"), make("test")
