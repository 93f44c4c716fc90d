# why = "every different piece once, with how often it occurs"

# %% q9_answer
# answer: q9_answer
from collections import Counter


def filter_motifs(model, seqs, threshold):
    weight, bias = (p.detach().cpu().numpy() for p in (model.conv.weight, model.conv.bias))
    width = weight.shape[-1]
    pieces = Counter(seq[i : i + width] for seq in seqs for i in range(len(seq) - width + 1))
    result = np.zeros_like(weight, dtype=float)
    for piece, often in pieces.items():
        x = np.asarray(one_hot_encode(piece)).T
        fired = np.maximum((weight * x).sum(axis=(1, 2)) + bias, 0) > threshold
        result[fired] += often * np.array([[letter == base for letter in piece] for base in "ACGT"])
    return result
