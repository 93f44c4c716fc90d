# expected = {q3 = 4, q9 = 5}
# operator = "own: one slip is paid once"
# why = "the filter is turned round, and parts 4 and 9 build on it: one slip, paid once"

# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    """Return at how many places the filter lies on the padded signal."""
    reach = dilation * (kernel - 1) + 1
    room = length + 2 * padding - reach
    if room < 0:
        raise ValueError(f"a filter that reaches over {reach} places does not fit")
    return room // stride + 1


def conv1d_by_hand(signal, filt):
    """Return the sums of products of the filter and every window of the signal."""
    places = len(signal) - len(filt) + 1
    return np.array([np.sum(filt[::-1] * signal[i : i + len(filt)]) for i in range(places)])

# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    return 1.0 * sum(conv1d_by_hand(one_hot[:, c], pwm[:, c]) for c in range(4))

# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    weight, bias = model.conv.weight.detach().numpy(), model.conv.bias.detach().numpy()
    counts = np.zeros(weight.shape)
    for seq in seqs:
        x = np.asarray(one_hot_encode(seq))
        for f in range(len(weight)):
            for place in np.flatnonzero(pwm_scan(x, weight[f].T) + bias[f] > threshold):
                counts[f] += x[place : place + weight.shape[2]].T
    return counts
