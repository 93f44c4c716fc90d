# operator = "equivalent"
# why = "NumPy's global generator is seeded; lists of rows"

# %% q2_answer
# answer: q2_answer
def split_by_block(names, val_share, block_bp, seed):
    groups = {}
    for row, name in enumerate(names):
        chromosome, first, _ = name.rsplit("_", 2)
        groups.setdefault((chromosome, int(first) // block_bp), []).append(row)
    blocks = list(groups.values())
    np.random.seed(seed)
    np.random.shuffle(blocks)
    val = list(blocks[0])
    for block in blocks[1:-1]:
        if len(val) + len(block) <= val_share * len(names):
            val += block
    chosen = set(val)
    return [row for row in range(len(names)) if row not in chosen], sorted(val)
