# expected = {q9 = 0}
# why = "Only the strongest piece of each sequence counts: 'A piece counts as often as it occurs'."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    width = model.conv.kernel_size[0]
    counts = np.zeros((model.conv.out_channels, 4, width))
    with torch.no_grad():
        for seq in seqs:
            out = F.relu(model.conv(torch.as_tensor(one_hot_encode(seq)).T[None]))[0]
            peak, place = out.max(dim=1)
            for f in range(len(peak)):
                if peak[f] > threshold:
                    i = int(place[f])
                    counts[f] += np.asarray(one_hot_encode(seq[i : i + width])).T
    return counts
