# operator = "equivalent"
# why = "the whole grid, permuted by a NumPy generator of its own"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Draw n configurations."""
    grid = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n > len(grid):
        raise ValueError("too many")
    return [grid[i] for i in np.random.default_rng(seed).permutation(len(grid))[:n]]
