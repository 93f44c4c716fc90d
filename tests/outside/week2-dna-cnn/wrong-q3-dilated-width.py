# expected = {q3 = 0}
# why = "Takes dilation * kernel as the width of the dilated filter instead of dilation * (kernel - 1) + 1."
# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    free = length + 2 * padding - dilation * kernel
    if free < 0:
        raise ValueError("no place")
    return free // stride + 1


def conv1d_by_hand(signal, filt):
    return np.correlate(signal, filt, mode="valid")
