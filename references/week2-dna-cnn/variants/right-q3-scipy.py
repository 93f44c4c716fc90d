# why = "scipy's correlation, and counting the places one by one"

# %% q3_answer
# answer: q3_answer
from scipy.signal import correlate


def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    count, first = 0, -padding
    while first + dilation * (kernel - 1) < length + padding:
        count, first = count + 1, first + stride
    if count == 0:
        raise ValueError("no room")
    return count


def conv1d_by_hand(signal, filt):
    return correlate(signal, filt, mode="valid", method="direct")
