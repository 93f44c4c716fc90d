# expected = {q9 = 1, q10 = 0}
# operator = "own: something left changed"
# why = "model.double() turns the caller's model to float64"

# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    """Return the letter counts of the pieces that activate each filter, shape (filters, 4, width)."""
    model.double()
    width = model.conv.kernel_size[0]
    x = torch.stack([torch.as_tensor(one_hot_encode(seq), dtype=torch.float64) for seq in seqs])  # (n, length, 4)
    with torch.no_grad():
        active = F.relu(model.conv(x.permute(0, 2, 1))) > threshold  # (n, filters, places)
    pieces = x.unfold(1, width, 1)  # (n, places, 4, width)
    return torch.einsum("nfp,npcj->fcj", active.double(), pieces).round().numpy()
