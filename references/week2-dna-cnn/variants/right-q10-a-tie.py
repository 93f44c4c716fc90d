# why = "two filters that are nearly twins, and the one that is 0.004 behind is named"

# %% q10_answer
# answer: q10_answer
tat_filter = 26
tat_moved = (25.278, 25.105)
