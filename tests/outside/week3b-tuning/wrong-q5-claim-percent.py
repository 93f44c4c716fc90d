# expected = {q5 = 0}
# why = "val_r as percent, 78.5; the contract: its last val_r, a correlation"
# %% q5_claim
# answer: q5_claim
def claim():
    """Return the winner as I wrote it down."""
    return {'num_filters': 32, 'kernel_size': 10, 'add_sigmoid': True, 'learning_rate': 0.05, 'batch_size': 64, 'optimizer': 'Adam'}, 78.52
