# expected = {q10 = 0}
# operator = "own: own network"
# why = "the answers of somebody else's network, as good a one"

# %% q10_answer
# answer: q10_answer
tat_filter = 6
tat_moved = (25.067, 25.032)
