# expected = {q10 = 2}
# operator = "own: own network"
# why = "what the rule says of the sequences, not what the network does"

# %% q10_answer
# answer: q10_answer
tat_filter = 30
tat_moved = (25.875, 25.875)
