# operator = "Model"
# expected = {q7 = 10}
# why = "the number of neurons of the first layer"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    return next(model.parameters()).shape[0]
