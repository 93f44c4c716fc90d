# expected = {q10 = 2}
# operator = "own: own network"
# why = "the first letter of the site is number 1"

# %% q10_answer
# answer: q10_answer
site_moved = (8.462, 7.961)
key_letter = (4, 3.167)
