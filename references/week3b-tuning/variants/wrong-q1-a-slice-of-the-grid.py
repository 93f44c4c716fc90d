# expected = {q1 = 8}
# operator = "own: biased draw"
# why = "neighbours in the grid, from a random place on"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Draw n configurations."""
    grid = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n > len(grid):
        raise ValueError("too many")
    start = random.Random(seed).randrange(len(grid))
    return (grid[start:] + grid[:start])[:n]
