# expected = {q1 = 13}
# operator = "own: global state"
# why = "seeds the global generator of NumPy"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Draw n configurations."""
    np.random.seed(seed % 2**32)
    grid = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    return [grid[i] for i in np.random.choice(len(grid), n, replace=False)]
