# why = "Plain loops over sequences, places and filters with numpy; pieces added as one-hot rows."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    weight = model.conv.weight.detach().numpy()
    n_filters, _, width = weight.shape
    counts = np.zeros((n_filters, 4, width))
    with torch.no_grad():
        for seq in seqs:
            x = torch.as_tensor(one_hot_encode(seq)).T
            out = torch.relu(model.conv(x.unsqueeze(0)))[0]
            for f in range(n_filters):
                for i in range(out.shape[1]):
                    if out[f, i] > threshold:
                        for j, letter in enumerate(seq[i : i + width]):
                            counts[f, "ACGT".index(letter), j] += 1
    return counts
