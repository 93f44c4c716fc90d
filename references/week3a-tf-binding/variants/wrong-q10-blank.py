# expected = {q10 = 0}
# operator = "own: own network"
# why = "answered with None"

# %% q10_answer
# answer: q10_answer
site_moved = None
key_letter = None
