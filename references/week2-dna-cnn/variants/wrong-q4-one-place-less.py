# expected = {q4 = 0}
# operator = "own: off by one"
# why = "the last place is missing"

# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    """Return the score of a position weight matrix (w, 4) at every place of a sequence (n, 4)."""
    width = len(pwm)
    return np.array([np.sum(pwm * one_hot[i : i + width]) for i in range(len(one_hot) - width)])
