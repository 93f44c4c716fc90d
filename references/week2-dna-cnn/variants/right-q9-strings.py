# why = "cuts strings and counts letters with loops"

# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    conv = model.conv
    w = conv.weight.shape[-1]
    counts = np.zeros((conv.weight.shape[0], 4, w), dtype=int)
    for seq in seqs:
        with torch.no_grad():
            out = conv(torch.as_tensor(one_hot_encode(seq)).float().T[None])[0]
        for f, place in zip(*np.nonzero(out.numpy() > threshold)):
            for j, letter in enumerate(seq[place : place + w]):
                counts[f, "ACGT".index(letter), j] += 1
    return counts
