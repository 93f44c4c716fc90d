# expected = {q1 = 12}
# operator = "API"
# why = "the choices come back as NumPy's, which json cannot write"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Draw n configurations."""
    if n > math.prod(map(len, space.values())):
        raise ValueError("too many")
    rng, configs = np.random.default_rng(seed), []
    while len(configs) < n:
        config = {name: rng.choice(choices) for name, choices in space.items()}
        if config not in configs:
            configs.append(config)
    return configs
