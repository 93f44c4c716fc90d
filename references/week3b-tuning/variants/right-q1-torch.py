# operator = "equivalent"
# why = "a torch.Generator of its own, and a tuple"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Draw n configurations."""
    grid = list(itertools.product(*space.values()))
    if len(grid) < n:
        raise ValueError(n)
    order = torch.randperm(len(grid), generator=torch.Generator().manual_seed(seed))
    return tuple({k: v for k, v in zip(space.keys(), grid[int(i)])} for i in order[:n])
