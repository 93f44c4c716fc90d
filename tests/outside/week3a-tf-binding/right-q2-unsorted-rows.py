# why = "the rows of both parts come in the order of the drawn blocks, not sorted; the contract asks for integer arrays of row numbers, no order"
# %% q2_answer
# answer: q2_answer
def split_by_block(names, val_share, block_bp, seed):
    def block(name):
        rest, first, _ = name.rsplit("_", 2)
        return f"{rest}:{int(first) // block_bp}"

    keys = np.array([block(name) for name in names])
    unique, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    rng = np.random.RandomState(seed)
    order = rng.permutation(unique.size)
    held, n = [], 0
    for b in order:
        if held and n + counts[b] / 2 > val_share * len(names) or len(held) == unique.size - 1:
            break
        held.append(b)
        n += counts[b]
    rest = [b for b in order if b not in set(held)]
    rows = lambda some: np.concatenate([np.flatnonzero(inverse == b) for b in some])
    return rows(rest), rows(held)
