# expected = {q1 = 11}
# operator = "own: biased draw"
# why = "every knob's choices in turn: two trials hardly ever share one"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Draw n configurations."""
    if n > math.prod(map(len, space.values())):
        raise ValueError("too many")
    generator, configs = random.Random(seed), []
    while len(configs) < n:
        columns = {name: generator.sample(choices, len(choices)) for name, choices in space.items()}
        for row in range(max(map(len, space.values()))):
            config = {name: column[row % len(column)] for name, column in columns.items()}
            if config not in configs and len(configs) < n:
                configs.append(config)
    return configs
