# expected = {q5 = 13}
# operator = "own: selection"
# why = "claims a run that crashed and was not the best"

# %% q5_claim
# answer: q5_claim
def claim():
    return {'num_filters': 16, 'kernel_size': 6, 'add_sigmoid': True, 'learning_rate': 0.05, 'batch_size': 32, 'optimizer': 'SGD'}, 0.1201
