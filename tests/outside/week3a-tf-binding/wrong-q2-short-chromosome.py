# expected = {q2 = 0}
# why = "the chromosome is what stands before the first underscore, so chr1_KI1_random_0_299 and chr1_KI2_random_0_299 fall into one block; the contract: chromosome and first place // block_bp agree (with only those, a part is empty)"
# %% q2_answer
# answer: q2_answer
def split_by_block(names, val_share, block_bp, seed):
    key = []
    for name in names:
        chrom, first, _ = name.rsplit("_", 2)
        chrom = chrom.split("_")[0]
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
    train = sorted(set(range(len(names))) - set(val))
    return np.array(train), np.array(sorted(val))
