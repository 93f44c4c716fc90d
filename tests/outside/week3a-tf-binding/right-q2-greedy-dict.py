# why = "dictionary of blocks, shuffled with random.Random, blocks added while that brings val nearer to its share"
# %% q2_answer
# answer: q2_answer
def split_by_block(names, val_share, block_bp, seed):
    blocks = {}
    for row, name in enumerate(names):
        *chromosome, first, last = name.split("_")
        blocks.setdefault(("_".join(chromosome), int(first) // block_bp), []).append(row)
    rows_of = [blocks[key] for key in sorted(blocks)]
    random_ = __import__("random").Random(seed)
    random_.shuffle(rows_of)
    wanted = val_share * len(names)
    val = list(rows_of[0])
    k = 1
    while k < len(rows_of) - 1 and len(val) < wanted:
        val.extend(rows_of[k])
        k += 1
    train = [row for rows in rows_of[k:] for row in rows]
    return np.array(train, dtype=int), np.array(val, dtype=int)
