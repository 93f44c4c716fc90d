# why = "For each place j of the piece counts letters with a matrix product of mask and shifted sequence."
# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    x = np.stack([np.asarray(one_hot_encode(s)) for s in seqs]).astype(np.float64)
    with torch.no_grad():
        out = model.conv(torch.tensor(x, dtype=torch.float32).permute(0, 2, 1)).clamp_min(0).numpy()
    mask = (out > threshold).astype(np.float64).transpose(1, 0, 2)
    f, places = mask.shape[0], mask.shape[2]
    width = model.conv.kernel_size[0]
    flat = mask.reshape(f, -1)
    return np.stack([flat @ x[:, j : j + places].reshape(-1, 4) for j in range(width)], axis=2)
