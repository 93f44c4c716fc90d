# why = "Counts place by place; the convolution as a banded matrix times the signal."
# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    last = length + 2 * padding - 1 - dilation * (kernel - 1)  # where the filter may start at most
    count = (last + stride) // stride if last >= 0 else 0
    if not count:
        raise ValueError("no place")
    return int(count)


def conv1d_by_hand(signal, filt):
    n, k = len(signal), len(filt)
    band = np.zeros((n - k + 1, n))
    for i in range(n - k + 1):
        band[i, i : i + k] = filt
    return band @ signal
