# why = "NumPy's correlate, and the places counted one by one"

# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    places = 0
    start = -padding
    while start + dilation * (kernel - 1) <= length - 1 + padding:
        places += 1
        start += stride
    if not places:
        raise ValueError("does not fit")
    return places


def conv1d_by_hand(signal, filt):
    return np.correlate(signal, filt, "valid")
