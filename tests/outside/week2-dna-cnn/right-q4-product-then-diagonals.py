# why = "All products X pwm^T at once, then the sums along the diagonals."
# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    n, w = len(one_hot), len(pwm)
    table = np.asarray(one_hot) @ np.asarray(pwm).T  # (n, w)
    return np.array([sum(table[i + j, j] for j in range(w)) for i in range(n - w + 1)])
