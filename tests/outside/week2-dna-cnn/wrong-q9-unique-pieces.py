# expected = {q9 = 0}
# why = "Collects pieces in a set: a piece that occurs often counts once."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    width = model.conv.kernel_size[0]
    counts = np.zeros((model.conv.out_channels, 4, width))
    pieces = sorted({s[i : i + width] for s in seqs for i in range(len(s) - width + 1)})
    with torch.no_grad():
        x = torch.stack([torch.as_tensor(one_hot_encode(p)).T for p in pieces])
        on = F.relu(model.conv(x))[:, :, 0] > threshold
    for n, f in torch.nonzero(on).tolist():
        counts[f] += x[n].numpy()
    return counts
