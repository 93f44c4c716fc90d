# expected = {q4 = 0}
# why = "np.convolve per channel turns the matrix upside down."
# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    return sum(np.convolve(one_hot[:, c], pwm[:, c], mode="valid") for c in range(4))
