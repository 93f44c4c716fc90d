# expected = {q10 = 2}
# operator = "own: own network"
# why = "the signal that is left, not how far it fell"

# %% q10_answer
# answer: q10_answer
site_moved = (8.462, 7.961)
key_letter = (3, 5.295)
