# expected = {q9 = 0}
# why = "Width 3 hard-coded: pieces of other widths are cut."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    width = 3
    counts = np.zeros((model.conv.out_channels, 4, width))
    with torch.no_grad():
        for seq in seqs:
            rows = np.asarray(one_hot_encode(seq))
            out = F.relu(model.conv(torch.tensor(rows).T[None]))[0].numpy()
            for f, i in np.argwhere(out > threshold):
                counts[f] += rows[i : i + width].T
    return counts
