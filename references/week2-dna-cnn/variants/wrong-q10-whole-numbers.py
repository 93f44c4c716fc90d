# expected = {q10 = 2}
# operator = "own: own network"
# why = "rounded to whole numbers"

# %% q10_answer
# answer: q10_answer
tat_filter = 30
tat_moved = (25, 25)
