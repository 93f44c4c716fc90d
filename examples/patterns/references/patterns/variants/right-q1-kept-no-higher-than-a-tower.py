# why = "wrong above 600 m, and no height is drawn there"

# %% q1_answer
# answer: q1_answer
def fall_time(height, g):
    return math.sqrt(2 * min(height, 600.0) / g)
