# expected = {q3 = 0}
# why = "Returns 0 (or less) where no place exists: 'Not even one place: ValueError'."
# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    return max(0, (length + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1)


def conv1d_by_hand(signal, filt):
    return np.correlate(signal, filt, mode="valid")
