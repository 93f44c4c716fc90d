# expected = {q9 = 0}
# operator = "own: contract"
# why = "a piece that occurs twice in a sequence counts once"

# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    weight, bias = (p.detach().numpy() for p in (model.conv.weight, model.conv.bias))
    width = weight.shape[-1]
    result = np.zeros_like(weight)
    for seq in seqs:
        for piece in {seq[i : i + width] for i in range(len(seq) - width + 1)}:
            x = np.asarray(one_hot_encode(piece)).T
            for f in range(len(weight)):
                if (weight[f] * x).sum() + bias[f] > threshold:
                    result[f] += x
    return result
