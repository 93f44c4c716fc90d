# why = "part 3, once for each letter"

# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    return sum(conv1d_by_hand(one_hot[:, c], pwm[:, c]) for c in range(4))
