# expected = {q9 = 0}
# why = "Looks at the first 1000 sequences only ('to save time'): 5000 equal sequences give 7000 counts instead of 35000."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs[:1000]]).permute(0, 2, 1)
    with torch.no_grad():
        on = (F.relu(model.conv(x)) > threshold).double()
    return torch.einsum("nfp,ncpj->fcj", on, x.unfold(2, model.conv.kernel_size[0], 1).double()).numpy()
