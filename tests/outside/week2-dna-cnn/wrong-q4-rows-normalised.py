# expected = {q4 = 0}
# why = "Normalises each row to sum 1 first (in a copy): rows that are 'any other numbers' are changed; one-hot and N rows are not."
# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    total = one_hot.sum(axis=1, keepdims=True)
    x = np.divide(one_hot, total, out=np.zeros_like(one_hot), where=total != 0)
    w = len(pwm)
    return np.array([(x[i : i + w] * pwm).sum() for i in range(len(x) - w + 1)])
