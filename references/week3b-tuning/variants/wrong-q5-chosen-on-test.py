# expected = {q5 = 13}
# operator = "own: selection on test"
# why = "the logs have test_r, and the claimed trial has the highest"

# %% q5_claim
# answer: q5_claim
def claim():
    return {'num_filters': 16, 'kernel_size': 10, 'add_sigmoid': True, 'learning_rate': 0.1, 'batch_size': 32, 'optimizer': 'Adam'}, 0.8254
