# why = "works on a copy of the model, in float64, in evaluation mode"

# %% q9_answer
# answer: q9_answer
import copy


def filter_motifs(model, seqs, threshold):
    conv = copy.deepcopy(model).double().eval().requires_grad_(False).conv
    counts = torch.zeros(conv.out_channels, 4, conv.kernel_size[0], dtype=torch.long)
    for seq in seqs:
        x = torch.as_tensor(one_hot_encode(seq)).double().T
        hits = torch.relu(conv(x.unsqueeze(0)))[0] > threshold
        for f, place in hits.nonzero().tolist():
            counts[f] += x[:, place : place + conv.kernel_size[0]].long()
    return counts
