# expected = {q3 = 0}
# why = "Raises ValueError also when there is exactly one place (length 5, kernel 5)."
# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    out = (length + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    if out <= 1:
        raise ValueError("no place")
    return out


def conv1d_by_hand(signal, filt):
    return np.correlate(signal, filt, mode="valid")
