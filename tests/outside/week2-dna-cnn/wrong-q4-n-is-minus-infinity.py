# expected = {q4 = 0}
# why = "Windows with an N are scored as the smallest possible score: the formula gives an N a zero."
# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    w, lowest = len(pwm), pwm.min(axis=1).sum()
    out = []
    for i in range(len(one_hot) - w + 1):
        window = one_hot[i : i + w]
        out.append((window * pwm).sum() if window.any(axis=1).all() else lowest)
    return np.array(out)
