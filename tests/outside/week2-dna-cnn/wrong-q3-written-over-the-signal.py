# expected = {q3 = 0}
# why = "Writes the sums into the signal itself and returns its beginning: values are right, but the argument is changed ('No function may change its arguments')."
# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    free = length + 2 * padding - dilation * (kernel - 1) - 1
    if free < 0:
        raise ValueError("no place")
    return free // stride + 1


def conv1d_by_hand(signal, filt):
    places = len(signal) - len(filt) + 1
    for i in range(places):
        signal[i] = signal[i : i + len(filt)] @ filt
    return signal[:places]
