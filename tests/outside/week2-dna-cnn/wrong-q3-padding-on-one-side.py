# expected = {q3 = 0}
# why = "Counts the padding once: zeros are put 'before and after the signal'; padding=1 of length 8, kernel 3 would be 7 (a visible check shows it)."
# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    free = length + padding - dilation * (kernel - 1) - 1
    if free < 0:
        raise ValueError("no place")
    return free // stride + 1


def conv1d_by_hand(signal, filt):
    return np.correlate(signal, filt, mode="valid")
