# expected = {q3 = 5}
# operator = "own: memory between calls"
# why = "one array per shape, handed out again and again"

# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    """Return at how many places the filter lies on the padded signal."""
    reach = dilation * (kernel - 1) + 1
    room = length + 2 * padding - reach
    if room < 0:
        raise ValueError(f"a filter that reaches over {reach} places does not fit")
    return room // stride + 1


BUFFERS = {}


def conv1d_by_hand(signal, filt):
    """Return the sums of products of the filter and every window of the signal."""
    places = len(signal) - len(filt) + 1
    out = BUFFERS.setdefault(places, np.zeros(places))
    for i in range(places):
        out[i] = np.sum(filt * signal[i : i + len(filt)])
    return out
