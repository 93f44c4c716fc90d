# expected = {q10 = 0}
# operator = "own: own network"
# why = "answered with None"

# %% q10_answer
# answer: q10_answer
tat_filter = None
tat_moved = None
