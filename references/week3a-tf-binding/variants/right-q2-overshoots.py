# operator = "equivalent"
# why = "adds blocks until the share is reached, not as long as they fit"

# %% q2_answer
# answer: q2_answer
from collections import defaultdict


def split_by_block(names, val_share, block_bp, seed):
    groups = defaultdict(list)
    for row, name in enumerate(names):
        *chromosome, start, _ = name.split("_")
        groups["_".join(chromosome), int(start) // block_bp].append(row)
    blocks = list(groups)
    np.random.RandomState(seed).shuffle(blocks)
    train, val = groups[blocks[0]], []
    for block in blocks[1:]:
        (val if len(val) < val_share * len(names) else train).extend(groups[block])
    return np.array(train), np.array(val)
