# operator = "Value"
# expected = {q4 = 5}
# why = "rows are divided by their sums, which changes rows of any other numbers"

# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    total = one_hot.sum(axis=1, keepdims=True)
    x = np.divide(one_hot, total, out=np.zeros_like(one_hot), where=total != 0)
    w = len(pwm)
    return np.array([(x[i : i + w] * pwm).sum() for i in range(len(x) - w + 1)])
