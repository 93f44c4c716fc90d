# operator = "equivalent"
# why = "Knuth's selection sampling: one look at every configuration, in order"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Draw n configurations."""
    grid = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n > len(grid):
        raise ValueError("too many")
    generator, configs = random.Random(seed), []
    for seen, config in enumerate(grid):
        if generator.random() * (len(grid) - seen) < n - len(configs):
            configs.append(config)
    return configs
