# expected = {q2 = 1}
# operator = "TRD"
# why = "rows at random"

# %% q2_answer
# answer: q2_answer
def split_by_block(names, val_share, block_bp, seed):
    order = np.random.default_rng(seed).permutation(len(names))
    cut = round(val_share * len(names))
    return order[cut:], order[:cut]
