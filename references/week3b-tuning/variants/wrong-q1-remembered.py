# expected = {q1 = 8}
# operator = "own: memory between calls"
# why = "what was drawn is kept by the names of the knobs, whatever their choices"

# %% q1_answer
# answer: q1_answer
_drawn = {}


def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    key = (tuple(space), n, seed)
    if key in _drawn:
        return [dict(config) for config in _drawn[key]]
    total = math.prod(len(choices) for choices in space.values())
    if n > total:
        raise ValueError(f"{n} different configurations are asked for, the space has {total}")
    numbers = random.Random(seed).sample(range(total), n)
    configs = []
    for number in numbers:
        config = {}
        for name, choices in space.items():
            number, place = divmod(number, len(choices))
            config[name] = choices[place]
        configs.append(config)
    _drawn[key] = configs
    return [dict(config) for config in configs]
