# expected = {q9 = 0}
# why = "Counts in a uint8 array: more than 255 occurrences wrap round."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    width = model.conv.kernel_size[0]
    counts = np.zeros((model.conv.out_channels, 4, width), dtype=np.uint8)
    with torch.no_grad():
        for seq in seqs:
            rows = np.asarray(one_hot_encode(seq)).astype(np.uint8)
            out = F.relu(model.conv(torch.tensor(rows, dtype=torch.float32).T[None]))[0].numpy()
            for f, i in np.argwhere(out > threshold):
                counts[f] += rows[i : i + width].T
    return counts
