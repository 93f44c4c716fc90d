# expected = {q4 = 4}
# operator = "own: argmax"
# why = "looks up letters, so a row of zeros is an A"

# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    """Return the score of a position weight matrix (w, 4) at every place of a sequence (n, 4)."""
    width = len(pwm)
    return np.array([pwm[np.arange(width), one_hot[i : i + width].argmax(axis=1)].sum() for i in range(len(one_hot) - width + 1)])
