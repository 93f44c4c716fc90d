# operator = "equivalent"
# why = "numbers without repetition, unravelled by NumPy"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Draw n configurations."""
    shape = tuple(len(choices) for choices in space.values())
    numbers = np.random.RandomState(seed).choice(int(np.prod(shape)), size=n, replace=False)
    places = np.array(np.unravel_index(numbers, shape)).T
    return [{name: space[name][j] for name, j in zip(space, row)} for row in places]
