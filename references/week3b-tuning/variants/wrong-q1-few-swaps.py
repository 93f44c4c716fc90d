# expected = {q1 = 11}
# at_most = true
# operator = "own: randomness in name only"
# why = "25 swaps instead of a shuffle"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    total = math.prod(len(choices) for choices in space.values())
    if n > total:
        raise ValueError(f"{n} different configurations are asked for, the space has {total}")
    rng, order = random.Random(seed), list(range(total))
    for _ in range(25):
        i, j = rng.randrange(total), rng.randrange(total)
        order[i], order[j] = order[j], order[i]
    numbers = order[:n]
    configs = []
    for number in numbers:
        config = {}
        for name, choices in space.items():
            number, place = divmod(number, len(choices))
            config[name] = choices[place]
        configs.append(config)
    return configs
