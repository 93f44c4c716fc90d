# operator = "equivalent"
# why = "Python's random; smallest overshoot first"

# %% q2_answer
# answer: q2_answer
import random
from collections import defaultdict


def split_by_block(names, val_share, block_bp, seed):
    rows_of = defaultdict(list)
    for row, name in enumerate(names):
        *chromosome, first, _ = name.split("_")
        rows_of["_".join(chromosome), int(first) // block_bp].append(row)
    blocks = list(rows_of)
    random.Random(seed).shuffle(blocks)
    val = []
    while len(blocks) > 1 and len(val) < val_share * len(names):
        val += rows_of[blocks.pop()]
    train = [row for block in blocks for row in rows_of[block]]
    return train, val
