# expected = {q4 = 0}
# why = "Negative scores are set to zero (a ReLU): the formula has none."
# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    w = len(pwm)
    return np.array([max(0.0, (one_hot[i : i + w] * pwm).sum()) for i in range(len(one_hot) - w + 1)])
