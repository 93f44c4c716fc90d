# expected = {q2 = 0}
# why = "holds out val_share of the blocks, not of the rows: one block of 30 rows and 20 blocks of 1 with share 0.5 are off by more than the rows of the largest block in some draws (1 block each of 50 and 50 x 2 rows)"
# %% q2_answer
# answer: q2_answer
def split_by_block(names, val_share, block_bp, seed):
    key = []
    for name in names:
        chrom, first, _ = name.rsplit("_", 2)
        key.append((chrom, int(first) // block_bp))
    blocks = sorted(set(key))
    order = np.random.default_rng(seed).permutation(len(blocks))
    rows = {b: [i for i, k in enumerate(key) if k == b] for b in blocks} if len(names) < 3000 else None
    if rows is None:
        rows = {b: [] for b in blocks}
        for i, k in enumerate(key): rows[k].append(i)
    val, want = [], val_share * len(names)
    for place, o in enumerate(order[:-1]):
        if place >= max(1, round(val_share * len(blocks))): break
        val += rows[blocks[o]]
    train = sorted(set(range(len(names))) - set(val))
    return np.array(train), np.array(sorted(val))
