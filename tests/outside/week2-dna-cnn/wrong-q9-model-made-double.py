# expected = {q9 = 0}
# why = "model.double() for exact comparisons leaves the caller's model in float64: 'No function may change its arguments'."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    model.double()
    x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs]).permute(0, 2, 1).double()
    with torch.no_grad():
        on = (F.relu(model.conv(x)) > threshold).double()
    return torch.einsum("nfp,ncpj->fcj", on, x.unfold(2, model.conv.kernel_size[0], 1)).numpy()
