# expected = {q4 = 0}
# why = "Returns (n - w + 1, 1), as scipy's correlate2d does; part 3 and the formula give one number per place."
# %% q4_answer
# answer: q4_answer
from scipy.signal import correlate2d


def pwm_scan(one_hot, pwm):
    return correlate2d(one_hot, pwm, mode="valid")
