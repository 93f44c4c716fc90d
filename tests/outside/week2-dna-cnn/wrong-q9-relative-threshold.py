# expected = {q9 = 0}
# why = "Compares with threshold times the filter's largest activation: contract 'greater than threshold'."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs]).permute(0, 2, 1)
    with torch.no_grad():
        out = F.relu(model.conv(x))
    on = (out > threshold * out.amax(dim=(0, 2), keepdim=True)).double()
    return torch.einsum("nfp,ncpj->fcj", on, x.unfold(2, model.conv.kernel_size[0], 1).double()).numpy()
