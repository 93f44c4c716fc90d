# expected = {q9 = 0}
# why = "set(seqs) drops equal sequences: 'A piece counts as often as it occurs'."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in sorted(set(seqs))]).permute(0, 2, 1)
    with torch.no_grad():
        on = (F.relu(model.conv(x)) > threshold).double()
    return torch.einsum("nfp,ncpj->fcj", on, x.unfold(2, model.conv.kernel_size[0], 1).double()).numpy()
