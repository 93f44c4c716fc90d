# expected = {q10 = 2}
# operator = "own: own network"
# why = "the moved one first"

# %% q10_answer
# answer: q10_answer
tat_filter = 30
tat_moved = (25.11, 25.28)
