# expected = {q9 = 0}
# why = "Computes the filter's output without its bias: 'with bias' (wrong as soon as the bias is not zero; the visible check's is)."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs]).permute(0, 2, 1)
    with torch.no_grad():
        on = (F.relu(F.conv1d(x, model.conv.weight)) > threshold).double()
    return torch.einsum("nfp,ncpj->fcj", on, x.unfold(2, model.conv.kernel_size[0], 1).double()).numpy()
