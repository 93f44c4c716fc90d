# why = "Adds up shifted copies of the signal, one per weight."
# %% q3_answer
# answer: q3_answer
import math


def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    room = length + 2 * padding - dilation * (kernel - 1)
    if room <= 0:
        raise ValueError("kernel too wide")
    return -(-room // stride)


def conv1d_by_hand(signal, filt):
    places = signal.size - filt.size + 1
    return sum(filt[j] * signal[j : j + places] for j in range(filt.size))
