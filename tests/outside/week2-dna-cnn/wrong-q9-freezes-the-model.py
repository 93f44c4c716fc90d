# expected = {q9 = 0}
# why = "Sets requires_grad of the caller's parameters to False 'instead of no_grad' and leaves it so: the argument is changed."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    for p in model.parameters():
        p.requires_grad = False
    x = torch.stack([torch.as_tensor(one_hot_encode(s)) for s in seqs]).permute(0, 2, 1)
    on = (F.relu(model.conv(x)) > threshold).double()
    return torch.einsum("nfp,ncpj->fcj", on, x.unfold(2, model.conv.kernel_size[0], 1).double()).numpy()
