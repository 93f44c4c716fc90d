# expected = {q1 = 11}
# operator = "own: randomness in name only"
# why = "places are rounded, so that the first and the last choice come half as often"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    if n > math.prod(map(len, space.values())):
        raise ValueError("so many are not there")
    rng, configs = random.Random(seed), []
    while len(configs) < n:
        config = {name: choices[round(rng.random() * (len(choices) - 1))] for name, choices in space.items()}
        if config not in configs:
            configs.append(config)
    return configs
