# why = "pandas groups and a torch generator; returns integer tensors (two integer arrays)"
# %% q2_answer
# answer: q2_answer
import re


def split_by_block(names, val_share, block_bp, seed):
    parts = [re.fullmatch(r"(.+)_(\d+)_(\d+)", name).groups() for name in names]
    table = pd.DataFrame(parts, columns=["chrom", "first", "last"])
    table["block"] = table["first"].astype("int64") // block_bp
    number = table.groupby(["chrom", "block"], sort=True).ngroup().to_numpy()
    sizes = np.bincount(number)
    order = torch.randperm(len(sizes), generator=torch.Generator().manual_seed(seed)).numpy()
    total = np.cumsum(sizes[order])
    k = int(np.argmin(np.abs(total - val_share * len(names)))) + 1
    k = min(max(k, 1), len(sizes) - 1)
    held = np.isin(number, order[:k])
    return np.flatnonzero(~held), np.flatnonzero(held)
