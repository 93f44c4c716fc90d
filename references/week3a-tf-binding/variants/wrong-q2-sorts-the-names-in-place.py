# expected = {q2 = 5}
# operator = "own: in place"
# why = "sorts the caller's list of names"

# %% q2_answer
# answer: q2_answer
from collections import defaultdict

def split_by_block(names, val_share, block_bp, seed):
    groups = defaultdict(list)
    names.reverse()
    for i, name in enumerate(names):
        *chrom, start, end = name.split("_")
        groups[('_'.join(chrom), int(start) // block_bp)].append(len(names) - 1 - i)
    keys = list(groups)
    np.random.RandomState(seed).shuffle(keys)
    train, val = [], []
    for k in keys[:-1]:
        (val if len(val) < val_share * len(names) or not val else train).extend(groups[k])
    train += groups[keys[-1]]
    return np.array(sorted(train)), np.array(sorted(val))
