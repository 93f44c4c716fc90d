# expected = {q10 = 0}
# operator = "own: own network"
# why = "the answers of somebody else's network, whose key letter is the same"

# %% q10_answer
# answer: q10_answer
site_moved = (9.077, 8.544)
key_letter = (3, 3.543)
