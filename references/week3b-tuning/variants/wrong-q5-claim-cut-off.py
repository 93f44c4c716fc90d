# expected = {q5 = 15}
# operator = "own: claim"
# why = "two decimals, cut off instead of rounded"

# %% q5_claim
# answer: q5_claim
def claim():
    return {'num_filters': 32, 'kernel_size': 10, 'add_sigmoid': True, 'learning_rate': 0.05, 'batch_size': 32, 'optimizer': 'Adam'}, 0.92
