# why = "every filter scans as a PWM (part 4)"

# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    weight, bias = model.conv.weight.detach().numpy(), model.conv.bias.detach().numpy()
    result = torch.zeros(weight.shape)
    for seq in seqs:
        x = np.asarray(one_hot_encode(seq))
        for f in range(len(weight)):
            hits = np.maximum(pwm_scan(x, weight[f].T) + bias[f], 0) > threshold
            for place in np.flatnonzero(hits):
                result[f] += torch.as_tensor(x[place : place + weight.shape[2]].T)
    return result
