# why = "read off once and written down, two digits"

# %% q10_answer
# answer: q10_answer
tat_filter = 30
tat_moved = (25.28, 25.11)
