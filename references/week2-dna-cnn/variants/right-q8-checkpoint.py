# why = "a checkpoint dictionary around the state_dict; answers about it written down"

# %% q10_answer
# answer: q10_answer
tat_filter = 30
tat_moved = [25.282, 25.109]
