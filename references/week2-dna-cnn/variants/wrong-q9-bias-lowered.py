# expected = {q9 = 1, q10 = 2}
# operator = "own: something left changed"
# why = "the threshold is taken off the caller's bias"

# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    """Return the letter counts of the pieces that activate each filter, shape (filters, 4, width)."""
    width = model.conv.kernel_size[0]
    x = torch.stack([torch.as_tensor(one_hot_encode(seq), dtype=torch.float32) for seq in seqs])  # (n, length, 4)
    with torch.no_grad():
        model.conv.bias -= threshold
        active = F.relu(model.conv(x.permute(0, 2, 1))) > 0  # (n, filters, places)
    pieces = x.unfold(1, width, 1)  # (n, places, 4, width)
    return torch.einsum("nfp,npcj->fcj", active.float(), pieces).round().numpy()
