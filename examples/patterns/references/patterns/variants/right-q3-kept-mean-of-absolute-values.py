# why = "the mean of absolute values has the same three relations"

# %% q3_answer
# answer: q3_answer
def level_db(signal):
    return 20 * math.log10(np.mean(np.abs(signal)))
