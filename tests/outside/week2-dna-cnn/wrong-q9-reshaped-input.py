# expected = {q9 = 0}
# why = "reshape(n, 4, L) instead of permute: filters read scrambled DNA."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    rows = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs])
    with torch.no_grad():
        on = (F.relu(model.conv(rows.reshape(len(seqs), 4, -1))) > threshold).double()
    return torch.einsum("nfp,npcj->fcj", on, rows.unfold(1, model.conv.kernel_size[0], 1).double()).numpy()
