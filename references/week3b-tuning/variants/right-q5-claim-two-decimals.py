# operator = "equivalent"
# why = "two decimals in the claim"

# %% q5_claim
# answer: q5_claim
def claim():
    return {'num_filters': 32, 'kernel_size': 10, 'add_sigmoid': True, 'learning_rate': 0.05, 'batch_size': 32, 'optimizer': 'Adam'}, 0.93
