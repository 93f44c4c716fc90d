# expected = {q1 = 12}
# operator = "own: stopping"
# why = "draws again where a configuration was there already, but a thousand times at most"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    if n > math.prod(map(len, space.values())):
        raise ValueError("so many are not there")
    rng, configs = random.Random(seed), []
    for _ in range(1000):
        config = {name: rng.choice(choices) for name, choices in space.items()}
        if len(configs) < n and config not in configs:
            configs.append(config)
    return configs
