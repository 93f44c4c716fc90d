# expected = {q5 = 0}
# why = "returns (val_r, configuration); the contract: the configuration, then its val_r"
# %% q5_claim
# answer: q5_claim
def claim():
    return 0.7852, {'num_filters': 32, 'kernel_size': 10, 'add_sigmoid': True, 'learning_rate': 0.05, 'batch_size': 64, 'optimizer': 'Adam'}
