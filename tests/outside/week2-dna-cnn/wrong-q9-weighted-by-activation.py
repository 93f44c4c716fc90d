# expected = {q9 = 0}
# why = "Adds the activation instead of 1 per piece: contract 'how many'."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs]).permute(0, 2, 1)
    with torch.no_grad():
        out = F.relu(model.conv(x))
        out = torch.where(out > threshold, out, 0.0)
    return torch.einsum("nfp,ncpj->fcj", out, x.unfold(2, model.conv.kernel_size[0], 1)).numpy()
