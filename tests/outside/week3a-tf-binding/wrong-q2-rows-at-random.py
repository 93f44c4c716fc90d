# expected = {q2 = 0}
# why = "permutes rows, not blocks; the contract: all windows of a block are in the same part"
# %% q2_answer
# answer: q2_answer
def split_by_block(names, val_share, block_bp, seed):
    order = np.random.default_rng(seed).permutation(len(names))
    k = min(max(1, round(val_share * len(names))), len(names) - 1)
    return np.sort(order[k:]), np.sort(order[:k])
