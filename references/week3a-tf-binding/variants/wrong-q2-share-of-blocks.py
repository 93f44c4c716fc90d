# expected = {q2 = 4}
# operator = "TUD"
# why = "the share is one of blocks, not of rows, and far too large"

# %% q2_answer
# answer: q2_answer
def split_by_block(names, val_share, block_bp, seed):
    """Return the rows to train on and those to validate on; a block of the genome is never parted."""
    places = [name.rsplit("_", 2) for name in names]
    blocks = np.array([f"{chromosome}:{int(first) // block_bp}" for chromosome, first, _ in places])
    known = np.random.default_rng(seed).permutation(np.unique(blocks))
    val = np.zeros(len(names), dtype=bool)
    for block in known[:-1]:  # one block at least is left to train on
        if not val.any() or len(set(blocks[val])) < (val_share + 0.3) * len(known):
            val |= blocks == block
    return np.flatnonzero(~val), np.flatnonzero(val)
