# expected = {q5 = 11}
# operator = "own: claim"
# why = "the claimed configuration is none of the space"

# %% q5_claim
# answer: q5_claim
def claim():
    return {'num_filters': 32, 'kernel_size': 10, 'add_sigmoid': True, 'learning_rate': 0.3, 'batch_size': 32, 'optimizer': 'Adam'}, 0.9275
