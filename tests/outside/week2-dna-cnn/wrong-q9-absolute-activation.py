# expected = {q9 = 0}
# why = "Uses abs instead of ReLU: strongly negative outputs activate too."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs]).permute(0, 2, 1)
    with torch.no_grad():
        on = (model.conv(x).abs() > threshold).double()
    return torch.einsum("nfp,ncpj->fcj", on, x.unfold(2, model.conv.kernel_size[0], 1).double()).numpy()
