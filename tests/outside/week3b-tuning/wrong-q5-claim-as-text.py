# expected = {q5 = 0}
# why = "the numbers of the configuration are text; a configuration of SPACE has numbers, the contract: a dictionary with the six knobs of SPACE"
# %% q5_claim
# answer: q5_claim
def claim():
    """Return the winner as I wrote it down."""
    return {'num_filters': '32', 'kernel_size': '10', 'add_sigmoid': 'True', 'learning_rate': '0.05', 'batch_size': '64', 'optimizer': 'Adam'}, 0.7852
