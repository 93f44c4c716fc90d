# why = "meshgrid of places and a permutation from np.random.default_rng"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    shape = tuple(len(choices) for choices in space.values())
    total = int(np.prod(shape))
    if n > total:
        raise ValueError("n is larger than the space")
    chosen = np.random.default_rng(seed).permutation(total)[:n]
    places = np.stack(np.unravel_index(chosen, shape), axis=1)
    return [{name: space[name][int(j)] for name, j in zip(space, row)} for row in places]
