# expected = {q9 = 0}
# why = "Normalises to frequencies (and NaN guarded by 1): contract asks counts."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs]).permute(0, 2, 1)
    with torch.no_grad():
        on = (F.relu(model.conv(x)) > threshold).double()
    counts = torch.einsum("nfp,ncpj->fcj", on, x.unfold(2, model.conv.kernel_size[0], 1).double()).numpy()
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
