# why = "np.convolve with the filter turned round beforehand, so that it is turned back; formula with floor division."
# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    reach = dilation * (kernel - 1) + 1
    free = length + 2 * padding - reach
    if free < 0:
        raise ValueError(f"a filter that reaches over {reach} places has no place on {length + 2 * padding}")
    return 1 + free // stride


def conv1d_by_hand(signal, filt):
    return np.convolve(signal, filt[::-1], "valid")
