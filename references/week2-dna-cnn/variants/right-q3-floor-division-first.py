# why = "the quotient, rounded down, decides; outputs as a sliding window"

# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    places = (length + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    if places <= 0:
        raise ValueError("no place")
    return places


def conv1d_by_hand(signal, filt):
    return np.lib.stride_tricks.sliding_window_view(signal, len(filt)) @ filt
