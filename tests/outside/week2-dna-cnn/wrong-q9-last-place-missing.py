# expected = {q9 = 0}
# why = "range(len - width) skips each sequence's last piece."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    width = model.conv.kernel_size[0]
    counts = np.zeros((model.conv.out_channels, 4, width))
    with torch.no_grad():
        for seq in seqs:
            rows = np.asarray(one_hot_encode(seq))
            out = F.relu(model.conv(torch.tensor(rows).T[None]))[0].numpy()
            for i in range(len(seq) - width):
                for f in np.flatnonzero(out[:, i] > threshold):
                    counts[f] += rows[i : i + width].T
    return counts
