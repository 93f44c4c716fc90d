# expected = {q10 = 2}
# operator = "own: own network"
# why = "a network that slides says the same wherever the site is: but its neighbours are others"

# %% q10_answer
# answer: q10_answer
site_moved = (8.462, 8.462)
key_letter = (3, 3.167)
