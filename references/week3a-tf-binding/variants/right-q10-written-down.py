# why = "read off once and written down, four digits"

# %% q10_answer
# answer: q10_answer
site_moved = (8.462, 7.961)
key_letter = (3, 3.167)
