# expected = {q1 = 13}
# operator = "own: global state"
# why = "seeds the global generator of Python"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Draw n configurations."""
    random.seed(seed)
    grid = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    return random.sample(grid, n)
