# expected = {q3 = 0}
# why = "Fills an integer array: sums of float signals are cut; the visible example has whole numbers only."
# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    free = length + 2 * padding - dilation * (kernel - 1) - 1
    if free < 0:
        raise ValueError("no place")
    return free // stride + 1


def conv1d_by_hand(signal, filt):
    out = np.zeros(len(signal) - len(filt) + 1, dtype=int)
    for i in range(len(out)):
        for j in range(len(filt)):
            out[i] += round(filt[j] * signal[i + j])
    return out
