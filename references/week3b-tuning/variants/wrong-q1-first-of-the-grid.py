# expected = {q1 = 8}
# operator = "own: no draw"
# why = "the first n of the grid"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Draw n configurations."""
    grid = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n > len(grid):
        raise ValueError("too many")
    return grid[:n]
