# why = "The number of places is the length of a range; np.correlate(valid) does not turn the filter."
# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    places = len(range(0, length + 2 * padding - dilation * (kernel - 1), stride))
    if places == 0:
        raise ValueError("the filter does not fit")
    return places


def conv1d_by_hand(signal, filt):
    return np.correlate(signal, filt, mode="valid")
