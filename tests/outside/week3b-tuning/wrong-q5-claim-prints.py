# expected = {q5 = 0}
# why = "prints the claim and returns nothing; the contract: returns a pair"
# %% q5_claim
# answer: q5_claim
def claim():
    print({'num_filters': 32, 'kernel_size': 10, 'add_sigmoid': True, 'learning_rate': 0.05, 'batch_size': 64, 'optimizer': 'Adam'}, 0.7852)
