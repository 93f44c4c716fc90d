# expected = {q3 = 0}
# why = "Checks kernel > length before padding: length 2, kernel 3, padding 1 has two places but raises."
# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    if dilation * (kernel - 1) + 1 > length:
        raise ValueError("filter longer than the signal")
    return (length + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def conv1d_by_hand(signal, filt):
    return np.correlate(signal, filt, mode="valid")
