# expected = {q5 = 13}
# operator = "own: selection"
# why = "claims the trial with the lowest val_loss"

# %% q5_claim
# answer: q5_claim
def claim():
    return {'num_filters': 4, 'kernel_size': 10, 'add_sigmoid': False, 'learning_rate': 0.05, 'batch_size': 32, 'optimizer': 'Adam'}, 0.7274
