# expected = {q1 = 2}
# operator = "own: pattern"
# why = "g is 9.81 wherever one is"

# %% q1_answer
# answer: q1_answer
def fall_time(height, g):
    return math.sqrt(2 * height / 9.81)
