# expected = {q2 = 5}
# operator = "Tensors & Input"
# why = "a large share leaves nothing to train on"

# %% q2_answer
# answer: q2_answer
def split_by_block(names, val_share, block_bp, seed):
    """Return the rows to train on and those to validate on; a block of the genome is never parted."""
    places = [name.rsplit("_", 2) for name in names]
    blocks = np.array([f"{chromosome}:{int(first) // block_bp}" for chromosome, first, _ in places])
    known = np.random.default_rng(seed).permutation(np.unique(blocks))
    val = np.zeros(len(names), dtype=bool)
    for block in known:
        rows = blocks == block
        if not val.any() or val.sum() + rows.sum() <= val_share * len(names) + 0.5:
            val |= rows
    return np.flatnonzero(~val), np.flatnonzero(val)
