# expected = {q1 = 8}
# operator = "own: randomness in name only"
# why = "one order for ever, begun at a place that is drawn"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    total = math.prod(len(choices) for choices in space.values())
    if n > total:
        raise ValueError(f"{n} different configurations are asked for, the space has {total}")
    order = random.Random(2026).sample(range(total), total)
    start = random.Random(seed).randrange(total)
    numbers = (order + order)[start : start + n]
    configs = []
    for number in numbers:
        config = {}
        for name, choices in space.items():
            number, place = divmod(number, len(choices))
            config[name] = choices[place]
        configs.append(config)
    return configs
