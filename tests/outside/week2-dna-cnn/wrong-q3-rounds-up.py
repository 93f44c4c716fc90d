# expected = {q3 = 0}
# why = "ceil instead of floor: length 8, kernel 3, stride 2 has places 0, 2, 4 = 3, not 4."
# %% q3_answer
# answer: q3_answer
import math


def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    free = length + 2 * padding - dilation * (kernel - 1) - 1
    if free < 0:
        raise ValueError("no place")
    return math.ceil(free / stride) + 1


def conv1d_by_hand(signal, filt):
    return np.correlate(signal, filt, mode="valid")
