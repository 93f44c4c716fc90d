# why = "Runs the filters over all distinct pieces once and multiplies by how often each piece occurs."
# %% q9_answer
# answer: q9_answer
from collections import Counter


def filter_motifs(model, seqs, threshold):
    width = model.conv.kernel_size[0]
    often = Counter(s[i : i + width] for s in seqs for i in range(len(s) - width + 1))
    pieces = list(often)
    x = torch.stack([torch.as_tensor(one_hot_encode(p)) for p in pieces]).transpose(1, 2)  # (pieces, 4, width)
    with torch.no_grad():
        active = (model.conv(x)[:, :, 0].relu() > threshold).double()
    times = torch.tensor([float(often[p]) for p in pieces], dtype=torch.float64)
    return torch.einsum("pf,p,pcj->fcj", active, times, x.double()).numpy()
