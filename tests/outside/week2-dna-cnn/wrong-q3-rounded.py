# expected = {q3 = 0}
# why = "Rounds the sums to two decimals: out_i is the sum itself (random float signals differ by up to 0.005)."
# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    free = length + 2 * padding - dilation * (kernel - 1) - 1
    if free < 0:
        raise ValueError("no place")
    return free // stride + 1


def conv1d_by_hand(signal, filt):
    return np.round(np.correlate(signal, filt, mode="valid"), 2)
