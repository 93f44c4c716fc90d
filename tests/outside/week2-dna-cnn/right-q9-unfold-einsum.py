# why = "One batch, unfold and einsum; counts as integers."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs]).permute(0, 2, 1)
    width = model.conv.weight.shape[-1]
    with torch.no_grad():
        on = (F.relu(model.conv(x)) > threshold).to(torch.int64)
    pieces = x.unfold(2, width, 1).to(torch.int64)  # n, 4, places, width
    return torch.einsum("nfp,ncpj->fcj", on, pieces).numpy()
