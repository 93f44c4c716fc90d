# expected = {q4 = 0}
# why = "range(n - w) leaves out the last place, and w = n gives a made-up zero; contract: every place where the matrix lies wholly on the sequence."
# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    n, w = len(one_hot), len(pwm)
    return np.array([np.trace((one_hot[i : i + w].T @ pwm)) for i in range(n - w)] or [0.0])
