# expected = {q5 = 11}
# operator = "own: claim"
# why = "the claim is not filled in"

# %% q5_claim
# answer: q5_claim
def claim():
    ...
