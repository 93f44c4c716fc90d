# expected = {q4 = 0}
# why = "Divides by the width: the formula is a sum."
# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    windows = np.lib.stride_tricks.sliding_window_view(one_hot, pwm.shape)[:, 0]
    return (windows * pwm).sum(axis=2).mean(axis=1)
