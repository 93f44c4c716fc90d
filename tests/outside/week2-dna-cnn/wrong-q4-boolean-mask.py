# expected = {q4 = 0}
# why = "pwm[window == 1].sum(): right for one-hot and N, but probabilities (no entry equals 1) score 0."
# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    w = len(pwm)
    return np.array([float(pwm[one_hot[i : i + w] == 1].sum()) for i in range(len(one_hot) - w + 1)])
