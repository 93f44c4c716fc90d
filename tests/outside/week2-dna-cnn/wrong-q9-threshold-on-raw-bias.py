# expected = {q9 = 0}
# why = "Subtracts the threshold from the filter's bias in place to compare with 0, and does not put it back: counts are right the first time, the model is changed."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs]).permute(0, 2, 1)
    with torch.no_grad():
        model.conv.bias -= threshold
        on = (model.conv(x) > 0).double()
    return torch.einsum("nfp,ncpj->fcj", on, x.unfold(2, model.conv.kernel_size[0], 1).double()).numpy()
