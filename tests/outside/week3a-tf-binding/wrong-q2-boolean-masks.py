# expected = {q2 = 0}
# why = "returns two boolean masks; the contract: row numbers, two integer arrays"
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
        if val and len(val) >= want: break
        val += rows[blocks[o]]
    mask = np.zeros(len(names), bool)
    mask[val] = True
    return ~mask, mask
    train = sorted(set(range(len(names))) - set(val))
    return np.array(train), np.array(sorted(val))
