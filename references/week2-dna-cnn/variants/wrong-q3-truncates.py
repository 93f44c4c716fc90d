# expected = {q3 = 7}
# operator = "own: edge"
# why = "int() of a negative quotient is 0: one place, where there is none"

# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    """Return at how many places the filter lies on the padded signal."""
    reach = dilation * (kernel - 1) + 1
    places = int((length + 2 * padding - reach) / stride) + 1
    if places < 1:
        raise ValueError("the filter does not fit")
    return places


def conv1d_by_hand(signal, filt):
    """Return the sums of products of the filter and every window of the signal."""
    places = len(signal) - len(filt) + 1
    return np.array([np.sum(filt * signal[i : i + len(filt)]) for i in range(places)])
