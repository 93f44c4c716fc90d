# expected = {q10 = 2}
# operator = "own: own network"
# why = "TAT at the third place and at the last one"

# %% q10_answer
# answer: q10_answer
tat_filter = 30
tat_moved = (24.73, 25.01)
