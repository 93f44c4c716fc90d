# expected = {q4 = 0}
# why = "argmax of each row looks the letter up: an N (zeros) counts as A, and probabilities are rounded to a letter; 'zeros for N, or any other numbers'."
# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    letters = np.argmax(one_hot, axis=1)
    w = len(pwm)
    return np.array([sum(pwm[j, letters[i + j]] for j in range(w)) for i in range(len(letters) - w + 1)])
