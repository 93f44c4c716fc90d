# expected = {q10 = 2}
# operator = "own: own network"
# why = "the first filter is number 1"

# %% q10_answer
# answer: q10_answer
tat_filter = 31
tat_moved = (25.28, 25.11)
