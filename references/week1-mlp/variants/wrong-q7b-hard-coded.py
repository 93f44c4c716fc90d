# operator = "Model"
# expected = {q7 = 10}
# why = "the visible answer"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    return 3
