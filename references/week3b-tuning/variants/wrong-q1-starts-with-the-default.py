# expected = {q1 = 11}
# operator = "own: biased draw"
# why = "the first trial is always the first configuration of the grid"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Draw n configurations."""
    grid = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n > len(grid):
        raise ValueError("too many")
    return (grid[:1] + random.Random(seed).sample(grid[1:], max(n - 1, 0)))[:n]
