# expected = {q3 = 2}
# operator = "own: pattern"
# why = "10 log₁₀ of an amplitude: half of the decibels"

# %% q3_answer
# answer: q3_answer
def level_db(signal):
    return 10 * math.log10(math.sqrt(np.mean(np.square(signal))))
